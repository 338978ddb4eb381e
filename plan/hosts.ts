import { createHash } from "node:crypto";
import { DEFAULT_INSTANCE_TYPE, DEFAULT_VOLUME_GIB } from "../config/leaves";
import type { Config } from "../config/schema";
import { type Downloads, MODULES, type RealmPackages } from "../userdata/downloads";
import { type UserData, checkUserDataSize, renderUserData } from "../userdata/render";
import type { Quorum, Service } from "../userdata/service";
import { consulAgent, consulServer, coreServices, realmDirectory, syncWorker, watch } from "../userdata/services";
import type { Facts } from "./facts";
import { type NetworkPlan, addressIn } from "./network";
import { type Names, consulHosts, coreHosts, isColocated, workerHosts } from "./names";

/** One host: what it is, where it is, and what it runs. */
export interface HostPlan {
  /** Its host name, which is also its node name in Consul. */
  name: string;
  /** Its kind: hosts of one tier run the same services, and share a security group. */
  tier: string;
  zone: string;
  services: Service[];
  /** Its address, when others must know it before it exists, which is so for the founders of Consul; AWS chooses it otherwise. */
  address?: string;
  instanceType: string;
  /** The size of its data volume in GiB; a host without state has none. */
  volumeGiB?: number;
  /** The EBS snapshot that its data volume is made of; blank without one. */
  snapshotId?: string;
  /** Whether its data volume has Realms on it. */
  holdsRealms: boolean;
  /** Whether its data volume stays when the host is removed. */
  keepsData: boolean;
  /** Whether its data volume cannot be removed, nor the host therefore. */
  protectsData: boolean;
  userData: UserData;
  /** The SSM parameter that it writes its boot report to. */
  bootReport: string;
  /** Whether it exists, and then whether it does its part now. */
  condition: "new" | "broken" | "working";
  /** What it carries together with others. */
  quorums: Quorum[];
  /** A digest of all that its instance is launched from, save the image: another one means that a change replaces the instance. */
  launch: string;
}

/** A group of sync workers. */
export interface GroupPlan {
  label: string;
  /** The workers' hosts, by name. */
  members: string[];
  /** Those of them that exist for this group alone. */
  hosts: HostPlan[];
}

/** All hosts, by what they are for. */
export interface HostsPlan {
  consul: HostPlan[];
  groups: GroupPlan[];
  coreServices: HostPlan[];
}

/** All hosts, in the order of the tiers. */
export const allHosts = ({ consul, groups, coreServices }: HostsPlan): HostPlan[] => [
  ...consul,
  ...groups.flatMap((group) => group.hosts),
  ...coreServices,
];

/** The addresses of Consul's founders start here, above those that AWS keeps for itself and the first few it hands out. */
const FIRST_FOUNDER_NUMBER = 10;
/**
 * The first servers found Consul, and all agents join by these alone. So the number of the others can change and no host but those is
 * another one: without three of five there is no quorum to join anyway.
 */
const MOST_FOUNDERS = 3;
/** The part of a boot's time that services get to become ready; the rest is for the steps before. */
const READY_SHARE = 2 / 3;

/** What a host is before it is placed and its user data is written. */
type Draft = Pick<
  HostPlan,
  "name" | "tier" | "services" | "address" | "instanceType" | "volumeGiB" | "snapshotId" | "zone"
>;

/**
 * Decides which hosts there are and what each runs.
 *
 * @throws ConfigError when a subnet has no room
 * @throws Error when a host's user data is larger than EC2 takes
 */
export function planHosts(config: Config, facts: Facts, network: NetworkPlan, names: Names): HostsPlan {
  const { consul, placement, syncWorkerGroups } = config;
  const zoneAt = (index: number) => network.zones[index % network.zones.length];
  const serverNames = consulHosts(consul.servers);
  const founders = serverNames
    .slice(0, MOST_FOUNDERS)
    .map((_, index) => addressIn(zoneAt(index).privateCidr, FIRST_FOUNDER_NUMBER + index));
  const servers = serverNames.map((name, index) => ({ name, zone: zoneAt(index).zone, address: founders.at(index) }));
  const join = { datacenter: consul.datacenter, retryJoin: founders };
  const downloads = planDownloads(config);
  const everywhere = config.watching.enabled ? [watch(names)] : [];
  const finish = (planned: Draft): HostPlan => {
    const draft = { ...planned, services: [...planned.services, ...everywhere] };
    const spec = { ...draft, downloads, cluster: names.cluster, secretPath: names.secretPath };
    const bootReport = `${names.bootReports}/${draft.name}`;
    // A host gives up, and says why, before those who wait for it do.
    const readySeconds = Math.round(config.bootTimeoutMinutes * 60 * READY_SHARE);
    const userData = renderUserData({ ...spec, bootReport, readySeconds });
    checkUserDataSize(draft.name, userData);
    const known = facts.hosts.get(draft.name);
    const discarded = config.discardData.includes(draft.name);
    return {
      ...draft,
      holdsRealms: draft.services.some(({ name }) => name === "sync-worker"),
      keepsData: config.retainData && !discarded,
      protectsData: config.deletionProtection && !discarded,
      bootReport,
      userData,
      condition: known === undefined ? "new" : known.works ? "working" : "broken",
      quorums: draft.services.flatMap(({ quorum }) => quorum ?? []),
      launch: createHash("sha256").update([draft.instanceType, userData.base64].join("\n")).digest("hex"),
    };
  };
  const colocated = syncWorkerGroups.find(({ label }) => isColocated(placement, label));

  return {
    consul: servers.map((server, index) => {
      const hasWorker = colocated !== undefined && index < colocated.workers;
      const tier = hasWorker ? "consul-sync" : "consul";
      const workers = hasWorker ? [syncWorker({ label: colocated.label, id: server.name })] : [];
      return finish({
        ...server,
        tier,
        services: [
          consulServer({
            ...join,
            role: tier,
            bootstrapExpect: server.address === undefined ? undefined : founders.length,
          }),
          ...workers,
        ],
        instanceType: consul.instanceType,
        volumeGiB: consul.volumeGiB,
        snapshotId: hasWorker ? colocated.restoreFrom : undefined,
      });
    }),
    groups: syncWorkerGroups.map((group) => {
      const { label, workers, instanceType = DEFAULT_INSTANCE_TYPE, volumeGiB = DEFAULT_VOLUME_GIB } = group;
      if (group === colocated) return { label, members: servers.slice(0, workers).map(({ name }) => name), hosts: [] };
      const hosts = workerHosts(label, workers).map((name, index) =>
        finish({
          name,
          tier: "sync",
          zone: zoneAt(index).zone,
          services: [consulAgent({ ...join, role: "sync" }), syncWorker({ label, id: name })],
          instanceType,
          volumeGiB,
          snapshotId: group.restoreFrom,
        }),
      );
      return { label, members: hosts.map(({ name }) => name), hosts };
    }),
    coreServices: coreHosts(config.coreServices.nodes).map((name, index) => {
      const { graphql, instanceType } = config.coreServices;
      const advertiseAddress = config.coreServices.advertiseAddress?.replaceAll("{host}", name);
      return finish({
        name,
        tier: "core-services",
        zone: zoneAt(index).zone,
        services: [
          consulAgent({ ...join, role: "core-services" }),
          coreServices({ graphql, advertiseAddress }),
          realmDirectory({ advertiseAddress }),
        ],
        instanceType,
      });
    }),
  };
}

/** Where everything that hosts download comes from. */
export function planDownloads(config: Config): Downloads {
  return { consul: pick(config.consul), node: pick(config.node), realm: realmPackages(config) };
}

const pick = ({ version, url, sha256 }: Downloads["consul"]) => ({ version, url, sha256 });

/** The npm packages that some host needs. */
export const realmModules = (config: Pick<Config, "coreServices">): string[] => [
  ...MODULES,
  ...(coreServices(config.coreServices).modules ?? []),
];

function realmPackages(config: Config): RealmPackages {
  const { artifact, registry, versions, overrides, lockFile } = config.realm;
  if (artifact) return { from: "artifact", ...artifact };
  if (registry === undefined) throw new Error("a configuration without faults names a registry or an artifact");
  return {
    from: "registry",
    registry,
    token: config.npmToken !== undefined,
    versions,
    overrides,
    ...(lockFile && { lockFile: { ...lockFile, modules: realmModules(config) } }),
  };
}
