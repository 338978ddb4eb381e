import type { Config } from "./config/schema";
import { type RolePlan, planRoles } from "./plan/access";
import { type DnsPlan, planDns } from "./plan/dns";
import { type BackupPlan, planBackup } from "./plan/backup";
import type { Facts } from "./plan/facts";
import { type FirewallPlan, LOAD_BALANCER, listenerPorts, planFirewall } from "./plan/firewall";
import { type HostPlan, type HostsPlan, allHosts, planDownloads, planHosts } from "./plan/hosts";
import { type Names, nameCluster } from "./plan/names";
import { type NetworkPlan, checkRoom, planNetwork } from "./plan/network";
import { checkRemovals } from "./plan/removals";
import { type RotationPlan, rotations } from "./plan/rotations";
import { type WatchingPlan, planWatching } from "./plan/watching";
import { hostSecrets } from "./userdata/render";
import type { Quorum, SecretName } from "./userdata/service";

/** The load balancer, apart from who may reach it. */
export interface LoadBalancerPlan {
  /** The port of the core services that it sends to. */
  targetPort: number;
  /** Where it listens: HTTPS first when there is a certificate. */
  listenerPorts: number[];
  /** What it asks a core services host: this one process alone, for the plain `/health` fails on all of them at once. */
  healthPath: string;
  /** The subnets that it lives in: public ones, or private ones when only the VPC and what is connected to it may reach it. */
  subnets: "public" | "private";
  /** Whether AWS refuses to delete it. */
  deletionProtection: boolean;
}

/** Everything that is created, decided. */
export interface Plan extends HostsPlan {
  names: Names;
  region: string;
  /** What the configured image is now; hosts have the one that it was when it was configured. */
  imageId: string;
  network: NetworkPlan;
  /** All hosts. */
  hosts: HostPlan[];
  /** The names of the hosts, by what they carry together. */
  quorums: Record<Quorum, string[]>;
  /** A role for each host. */
  roles: RolePlan[];
  firewall: FirewallPlan;
  loadBalancer: LoadBalancerPlan;
  dns: DnsPlan;
  /** None when data volumes are not backed up. */
  backup?: BackupPlan;
  /** None when the cluster is not watched. */
  watching?: WatchingPlan;
  /** The secrets that some host reads. */
  secrets: SecretName[];
  /** How running hosts take up secrets that change. */
  rotations: RotationPlan[];
}

/**
 * Decides what a cluster consists of. Pure: the same input gives the same plan, and nothing is asked of AWS.
 *
 * @param config a configuration without faults
 * @param facts what AWS said
 * @param stack the stack's name, which becomes the cluster's
 * @throws ConfigError when AWS's facts do not bear the configuration
 * @throws Error when a host's user data is larger than EC2 takes
 */
export function planCluster(config: Config, facts: Facts, stack: string): Plan {
  const names = nameCluster(stack);
  checkRemovals(config, facts);
  const network = planNetwork(config, facts);
  const placed = planHosts(config, facts, network, names);
  const hosts = allHosts(placed);
  checkRoom(
    network,
    hosts.map(({ zone }) => zone),
    config.loadBalancer.internal,
  );
  const downloads = planDownloads(config);
  const roles = planRoles(hosts, ({ services }) => hostSecrets(services, downloads), facts, names);
  return {
    ...placed,
    names,
    region: facts.region,
    imageId: facts.imageId,
    network,
    hosts,
    quorums: planQuorums(hosts),
    roles,
    firewall: planFirewall(hosts, {
      loadBalancer: config.loadBalancer,
      metricsCidrs: config.watching.metricsCidrs,
      downloads,
      egressCidrs: config.network.egressCidrs,
      network,
    }),
    loadBalancer: {
      targetPort: targetPort(placed.coreServices),
      listenerPorts: listenerPorts(config.loadBalancer),
      healthPath: "/health?thisInstance=true",
      subnets: config.loadBalancer.internal ? "private" : "public",
      deletionProtection: config.deletionProtection,
    },
    dns: planDns(config, facts, placed),
    backup: planBackup(config, facts, names),
    watching: planWatching(config, facts, placed, names),
    secrets: [...new Set(roles.flatMap(({ secrets }) => secrets))].sort(),
    rotations,
  };
}

function planQuorums(hosts: HostPlan[]): Record<Quorum, string[]> {
  const all = [...new Set(hosts.flatMap(({ quorums }) => quorums))].sort();
  const members = (quorum: Quorum) => hosts.filter(({ quorums }) => quorums.includes(quorum)).map(({ name }) => name);
  return Object.fromEntries(all.map((quorum) => [quorum, members(quorum)])) as Record<Quorum, string[]>;
}

/** The one port that is open to the load balancer. */
function targetPort(hosts: HostPlan[]): number {
  const ports = hosts[0].services
    .flatMap((service) => service.ports)
    .filter(({ from }) => from.includes(LOAD_BALANCER));
  if (ports.length !== 1) throw new Error(`${ports.length} ports are open to the load balancer, not one`);
  return ports[0].port;
}
