import type { Config } from "../config/schema";
import type { Peer, Port } from "../userdata/service";
import type { HostPlan } from "./hosts";

/** The name of the load balancer's security group; the others are named after their tiers. */
export const LOAD_BALANCER = "load-balancer";

/** One security group rule. */
export interface Rule {
  /** Unique among the rules of its direction. */
  name: string;
  /** The security group that it belongs to. */
  group: string;
  /** The other side: a security group of this cluster, or a network. */
  peer: { group: string } | { cidr: string };
  /** Protocol and port; a rule without is for all traffic. */
  traffic?: { protocol: Port["protocol"]; port: number };
  description: string;
}

/** Who may talk to whom. */
export interface FirewallPlan {
  /** One security group for each tier, and one for the load balancer. */
  groups: string[];
  ingress: Rule[];
  egress: Rule[];
}

/** The load balancer's ports: HTTPS with HTTP redirecting to it, or HTTP alone. */
export function listenerPorts({ certificateArn }: Config["loadBalancer"]): number[] {
  return certificateArn === undefined ? [80] : [443, 80];
}

/** Who may reach the load balancer, with the default that a certificate allows. */
const clients = ({ allowedCidrs = ["0.0.0.0/0"] }: Config["loadBalancer"]) => allowedCidrs;

/**
 * Derives every rule from the ports that the hosts' services state.
 *
 * @param metricsCidrs the networks of those who scrape metrics
 */
export function planFirewall(
  hosts: HostPlan[],
  loadBalancer: Config["loadBalancer"],
  metricsCidrs: string[],
): FirewallPlan {
  const tiers = new Map(hosts.map(({ tier, services }) => [tier, services]));
  const groupsOf = (peer: Peer) =>
    peer === LOAD_BALANCER
      ? [LOAD_BALANCER]
      : [...tiers].filter(([, services]) => services.some(({ name }) => name === peer)).map(([tier]) => tier);

  const outside = (peer: Peer) => (peer === "metrics" ? metricsCidrs : []);

  const between = new Map<string, Rule & { peer: { group: string } }>();
  for (const [tier, services] of tiers) {
    for (const { name, port, protocol, from } of services.flatMap((service) => service.ports)) {
      for (const group of from.flatMap(groupsOf)) {
        const key = `${tier}-${protocol}-${port}-from-${group}`;
        between.set(key, { name: key, group: tier, peer: { group }, traffic: { protocol, port }, description: name });
      }
    }
  }
  const scraped = [...tiers].flatMap(([tier, services]) =>
    services
      .flatMap(({ ports }) => ports)
      .flatMap(({ name, port, protocol, from }) =>
        from.flatMap(outside).map((cidr): Rule => ({
          name: `${tier}-${protocol}-${port}-from-${cidr}`,
          group: tier,
          peer: { cidr },
          traffic: { protocol, port },
          description: name,
        })),
      ),
  );
  const fromClients = listenerPorts(loadBalancer).flatMap((port) =>
    clients(loadBalancer).map((cidr): Rule => ({
      name: `${LOAD_BALANCER}-tcp-${port}-from-${cidr}`,
      group: LOAD_BALANCER,
      peer: { cidr },
      traffic: { protocol: "tcp", port },
      description: "Realm clients",
    })),
  );
  const toTargets = [...between.values()]
    .filter(({ peer }) => peer.group === LOAD_BALANCER)
    .map((rule): Rule => ({
      ...rule,
      name: `${LOAD_BALANCER}-tcp-${rule.traffic?.port}-to-${rule.group}`,
      group: LOAD_BALANCER,
      peer: { group: rule.group },
    }));
  // Hosts download, ask SSM and talk to each other: who may be reached is decided by the receiver's rules.
  const outward = [...tiers.keys()].map((tier): Rule => ({
    name: `${tier}-to-all`,
    group: tier,
    peer: { cidr: "0.0.0.0/0" },
    description: "Downloads, SSM and peers",
  }));
  return {
    groups: [...tiers.keys(), LOAD_BALANCER],
    ingress: [...between.values(), ...scraped, ...fromClients],
    egress: [...toTargets, ...outward],
  };
}
