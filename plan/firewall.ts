import type { Config } from "../config/schema";
import { downloadPorts, type Downloads } from "../userdata/downloads";
import { hostPackages } from "../userdata/render";
import type { Peer, Port, Service } from "../userdata/service";
import type { HostPlan } from "./hosts";
import type { NetworkPlan } from "./network";

/** The name of the load balancer's security group; those of hosts are named after their tiers. */
export const LOAD_BALANCER = "load-balancer";
/** The name of the security group of AWS's services that are inside of the VPC. */
export const ENDPOINTS = "endpoints";

/** One security group rule. */
export interface Rule {
  /** Unique among the rules of its direction. */
  name: string;
  /** The security group that it belongs to. */
  group: string;
  /** The other side: a security group of this cluster, or a network. */
  peer: { group: string } | { cidr: string };
  traffic: { protocol: Port["protocol"]; port: number };
  description: string;
}

/** Who may talk to whom. */
export interface FirewallPlan {
  /** One security group for each tier, one for the load balancer, and one for AWS's services where they are inside of the VPC. */
  groups: string[];
  ingress: Rule[];
  egress: Rule[];
}

/** What rules are derived from, besides the hosts. */
export interface FirewallArgs {
  loadBalancer: Config["loadBalancer"];
  /** The networks of those who scrape metrics. */
  metricsCidrs: string[];
  downloads: Downloads;
  /** Where hosts find AWS and what they download. */
  egressCidrs: string[];
  network: NetworkPlan;
}

/** AWS's services, and where most downloads are. */
const HTTPS = 443;
/** The mirrors of Ubuntu's packages, which are signed: an image updates itself from there. */
const PACKAGE_MIRRORS = 80;
/** A VPC that was there before may have name servers of its own; AWS's own are let through by every security group. */
const DNS = 53;

/** The load balancer's ports: HTTPS with HTTP redirecting to it, or HTTP alone. */
export function listenerPorts({ certificateArn }: Config["loadBalancer"]): number[] {
  return certificateArn === undefined ? [80] : [443, 80];
}

/** Who may reach the load balancer, with the default that a certificate allows. */
const clients = ({ allowedCidrs = ["0.0.0.0/0"] }: Config["loadBalancer"]) => allowedCidrs;

/** Derives every rule from the ports that the hosts' services state, and from where hosts download from. */
export function planFirewall(hosts: HostPlan[], args: FirewallArgs): FirewallPlan {
  const tiers = new Map(hosts.map(({ tier, services }) => [tier, services]));
  const inside = args.network.kind === "own" && args.network.endpoints.length > 0;
  const between = [...amongTiers(tiers), ...(inside ? toEndpoints(tiers) : [])];
  return {
    groups: [...tiers.keys(), LOAD_BALANCER, ...(inside ? [ENDPOINTS] : [])],
    ingress: [...between, ...fromScrapers(tiers, args.metricsCidrs), ...fromClients(args.loadBalancer)],
    egress: [...between.map(outOf), ...outward(tiers, args)],
  };
}

/** The services of each tier. */
type Tiers = Map<string, Service[]>;
type GroupRule = Rule & { peer: { group: string } };

/** One group's traffic into another. */
function into(group: string, from: string, traffic: Rule["traffic"], description: string): GroupRule {
  const name = `${group}-${traffic.protocol}-${traffic.port}-from-${from}`;
  return { name, group, peer: { group: from }, traffic, description };
}

/** The same traffic as its sender's group has to let it out. */
function outOf({ group, peer, traffic, description }: GroupRule): Rule {
  const name = `${peer.group}-${traffic.protocol}-${traffic.port}-to-${group}`;
  return { name, group: peer.group, peer: { group }, traffic, description };
}

function amongTiers(tiers: Tiers): GroupRule[] {
  const groupsOf = (peer: Peer) =>
    peer === LOAD_BALANCER
      ? [LOAD_BALANCER]
      : [...tiers].filter(([, services]) => services.some(({ name }) => name === peer)).map(([tier]) => tier);
  const rules = [...tiers].flatMap(([tier, services]) =>
    services
      .flatMap(({ ports }) => ports)
      .flatMap(({ name, port, protocol, from }) =>
        from.flatMap(groupsOf).map((peer) => into(tier, peer, { protocol, port }, name)),
      ),
  );
  // Two services of one tier may be peers of the same port.
  return [...new Map(rules.map((rule) => [rule.name, rule])).values()];
}

function toEndpoints(tiers: Tiers): GroupRule[] {
  return [...tiers.keys()].map((tier) => into(ENDPOINTS, tier, { protocol: "tcp", port: HTTPS }, "AWS"));
}

function fromScrapers(tiers: Tiers, cidrs: string[]): Rule[] {
  return [...tiers].flatMap(([group, services]) =>
    services
      .flatMap(({ ports }) => ports)
      .filter(({ from }) => from.includes("metrics"))
      .flatMap(({ name, port, protocol }) =>
        cidrs.map((cidr): Rule => ({
          name: `${group}-${protocol}-${port}-from-${cidr}`,
          group,
          peer: { cidr },
          traffic: { protocol, port },
          description: name,
        })),
      ),
  );
}

function fromClients(loadBalancer: Config["loadBalancer"]): Rule[] {
  return listenerPorts(loadBalancer).flatMap((port) =>
    clients(loadBalancer).map((cidr): Rule => ({
      name: `${LOAD_BALANCER}-tcp-${port}-from-${cidr}`,
      group: LOAD_BALANCER,
      peer: { cidr },
      traffic: { protocol: "tcp", port },
      description: "Realm clients",
    })),
  );
}

/** To AWS, and to where hosts download from: their names are known, their addresses are not. */
function outward(tiers: Tiers, { downloads, egressCidrs, network }: FirewallArgs): Rule[] {
  return [...tiers].flatMap(([group, services]) => {
    const ports = [...new Set([HTTPS, PACKAGE_MIRRORS, ...downloadPorts(hostPackages(services), downloads)])];
    const over = (protocol: Port["protocol"], port: number, description: string) =>
      egressCidrs.map((cidr): Rule => {
        const name = `${group}-${protocol}-${port}-to-${cidr}`;
        return { name, group, peer: { cidr }, traffic: { protocol, port }, description };
      });
    const names = network.kind === "adopted" ? (["udp", "tcp"] as const) : [];
    return [
      ...ports.flatMap((port) => over("tcp", port, "AWS and downloads")),
      ...names.flatMap((protocol) => over(protocol, DNS, "Name servers")),
    ];
  });
}
