/** The local cluster's state as one object: what `npm run status -- --json` prints, kept stable for those who read it. */
import type { ConsulState, ServiceState } from "./consul";

export interface HostState {
  name: string;
  address: string;
  zone: string;
  /** Names of the services that the host runs. */
  services: string[];
  /** The host's boot report says ready. */
  ready: boolean;
}

export interface ClusterState {
  /** Every host ready, a Consul leader and all its servers alive, every service passing, `/health` 200 by the load balancer. */
  healthy: boolean;
  /** What Realm Studio logs in at. */
  studioUrl: string;
  /** URL that answers on this machine. */
  loadBalancer: string;
  /** URL that answers on this machine. */
  consulUi: string | null;
  hosts: HostState[];
  consul: { leader: string | null; servers: ConsulState["servers"] };
  services: ServiceState[];
}

/** Everything that is wrong, each in a few words; a healthy cluster has none. */
export function faults(state: Omit<ClusterState, "healthy">, loadBalancerFault: string | undefined): string[] {
  const dead = state.consul.servers.filter((server) => !server.alive);
  const failing = state.services.flatMap((service) =>
    service.instances.filter((instance) => !instance.passing).map((instance) => `${service.name} on ${instance.host}`),
  );
  return [
    ...state.hosts.filter((host) => !host.ready).map((host) => `host ${host.name} has not reported ready`),
    ...(state.hosts.length === 0 ? ["there are no hosts"] : []),
    ...(state.consul.leader ? [] : ["Consul has no leader"]),
    ...dead.map((server) => `Consul server ${server.name} is not alive`),
    ...failing.map((instance) => `service ${instance} does not pass its checks`),
    ...(loadBalancerFault === undefined ? [] : [`the load balancer's /health: ${loadBalancerFault}`]),
  ];
}
