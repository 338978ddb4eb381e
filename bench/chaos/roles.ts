/** Who is what in the cluster at the moment, by the hosts' names. */
import type { Deployment } from "../../test/cluster/deployment";
import { holderOfLock } from "../../test/cluster/directoryWitness";
import type { Consul } from "./consul";
import { hostsWith } from "./ground";

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
export async function rolesOf(consul: Consul, cluster: Deployment): Promise<Roles> {
  const { hosts } = cluster.outputs;
  const [asked] = hostsWith(hosts, "consul-server");
  const [{ Servers }, worker, directory] = await Promise.all([
    consul.ask<{ Servers: { Node: string; Leader: boolean }[] }>(asked, "operator/raft/configuration"),
    consul.workers(asked),
    holderOfLock(cluster),
  ]);
  const found = {
    leader: Servers.find(({ Leader }) => Leader)?.Node,
    followers: Servers.filter(({ Leader }) => !Leader).map(({ Node }) => Node),
    master: worker("master"),
    slave: worker("slave"),
    spare: worker("spare"),
    directory,
    otherCore: hostsWith(hosts, "core-services").find((name) => name !== directory),
  };
  const missing = Object.entries(found).filter(([, host]) => host === undefined);
  if (missing.length > 0) throw new Error(`the cluster has no ${missing.map(([role]) => role).join(", no ")}`);
  return found as Roles;
}
