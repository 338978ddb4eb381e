/** Who is what in the cluster at the moment, by the hosts' names. */
import type { Deployment } from "../../test/cluster/deployment";
import type { Consul } from "./consul";

export interface Roles {
  /** Of Consul's servers. */
  leader: string;
  followers: string[];
  /** Of the group `default`. */
  master: string;
  slave: string;
  spare: string;
  /** The core node with the Realm directory, and the other one. */
  directory: string;
  otherCore: string;
}

/** @throws when somebody is missing */
export async function rolesOf(consul: Consul, { outputs }: Deployment): Promise<Roles> {
  const hosts = (service: string) =>
    outputs.hosts.filter(({ services }) => services.includes(service)).map(({ name }) => name);
  const [asked] = hosts("consul-server");
  const [{ Servers }, sync, [{ Session }]] = await Promise.all([
    consul.ask<{ Servers: { Node: string; Leader: boolean }[] }>(asked, "operator/raft/configuration"),
    consul.ask<{ Node: { Node: string }; Service: { Tags: string[] } }[]>(asked, "health/service/sync?passing"),
    consul.ask<{ Session: string }[]>(asked, "kv/realm-cluster/directory/.lock"),
  ]);
  const [{ Node: directory }] = await consul.ask<{ Node: string }[]>(asked, `session/info/${Session}`);
  const worker = (role: string) => sync.find(({ Service }) => Service.Tags.includes(`role=${role}`))?.Node.Node;
  const found = {
    leader: Servers.find(({ Leader }) => Leader)?.Node,
    followers: Servers.filter(({ Leader }) => !Leader).map(({ Node }) => Node),
    master: worker("master"),
    slave: worker("slave"),
    spare: worker("spare"),
    directory,
    otherCore: hosts("core-services").find((name) => name !== directory),
  };
  const missing = Object.entries(found).filter(([, host]) => host === undefined);
  if (missing.length > 0) throw new Error(`the cluster has no ${missing.map(([role]) => role).join(", no ")}`);
  return found as Roles;
}
