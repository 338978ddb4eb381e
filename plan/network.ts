import { Netmask, ip2long, long2ip } from "netmask";
import { ConfigError } from "../config/faults";
import type { Config } from "../config/schema";
import type { Facts } from "./facts";

/** A zone of a VPC that the program makes. */
export interface OwnZone {
  zone: string;
  privateCidr: string;
  publicCidr: string;
}

/** A zone of a VPC that was there before. */
export interface AdoptedZone {
  zone: string;
  privateCidr: string;
  privateSubnetId: string;
}

/** Where hosts and the load balancer live. */
export type NetworkPlan =
  | {
      kind: "own";
      cidr: string;
      nat: "none" | "single" | "perZone";
      zones: OwnZone[];
      /** Services of AWS that hosts reach inside the VPC, as they cannot reach the internet. */
      endpoints: string[];
    }
  | { kind: "adopted"; vpcId: string; cidr: string; zones: AdoptedZone[]; publicSubnetIds: string[] };

/** Parts of a VPC: its first half is for private subnets, its second for public ones. */
const PARTS = 16;

/** What sessions on hosts without a way to the internet go through, and what boots ask for their secrets. */
const ENDPOINTS = ["ssm", "ssmmessages"];
/** What hosts tell CloudWatch through. */
const WATCHING_ENDPOINTS = ["monitoring", "logs"];

/** How many zones are used when the configuration names none: one for each of three Consul servers. */
const DEFAULT_ZONES = 3;

/**
 * Lays out the network.
 *
 * @throws ConfigError when the region or the adopted subnets cannot carry it
 */
export function planNetwork(
  { network, zones, watching }: Pick<Config, "network" | "zones" | "watching">,
  facts: Facts,
): NetworkPlan {
  if (network.adopt) return adopt(network.adopt, facts);
  const strange = zones.map((zone, index) => ({ zone, index })).filter(({ zone }) => !facts.zones.includes(zone));
  if (strange.length > 0) {
    const write = `write zones of ${facts.region}: ${facts.zones.join(", ")}`;
    throw new ConfigError(
      strange.map(({ zone, index }) => ({ path: `zones[${index}]`, reason: `is "${zone}"`, write })),
    );
  }
  const chosen = zones.length > 0 ? zones : facts.zones.slice(0, DEFAULT_ZONES);
  return {
    kind: "own",
    cidr: network.cidr,
    nat: network.nat,
    endpoints: network.nat === "none" ? [...ENDPOINTS, ...(watching.enabled ? WATCHING_ENDPOINTS : [])] : [],
    zones: chosen.map((zone, index) => ({
      zone,
      privateCidr: part(network.cidr, index),
      publicCidr: part(network.cidr, PARTS / 2 + index),
    })),
  };
}

function adopt(adopted: NonNullable<Config["network"]["adopt"]>, facts: Facts): NetworkPlan {
  if (!facts.adopted) throw new Error(`nothing was looked up about ${adopted.vpcId}`);
  const zones = new Map<string, AdoptedZone>();
  for (const { id, zone, cidr } of facts.adopted.privateSubnets) {
    if (!zones.has(zone)) zones.set(zone, { zone, privateCidr: cidr, privateSubnetId: id });
  }
  return {
    kind: "adopted",
    vpcId: adopted.vpcId,
    cidr: facts.adopted.cidr,
    zones: [...zones.values()],
    publicSubnetIds: adopted.publicSubnetIds ?? [],
  };
}

/** The index-th of the equal parts of a network. */
function part(cidr: string, index: number): string {
  const { base, bitmask } = new Netmask(cidr);
  return new Netmask(`${base}/${bitmask + Math.log2(PARTS)}`).next(index).toString();
}

/** The first four addresses of a subnet and its last are AWS's own. */
const KEPT_BY_AWS = 5;
/** A load balancer takes as many for itself where it has to grow. */
const OF_A_LOAD_BALANCER = 8;

/**
 * Refuses more hosts than their zone's private subnet has addresses for: AWS would refuse the last of them, in the middle of an update.
 *
 * @param zones of each host, its zone
 * @param internal whether the load balancer is there, too
 * @throws ConfigError when a subnet has no room
 */
export function checkRoom(network: NetworkPlan, zones: readonly string[], internal: boolean): void {
  const others = (network.kind === "own" ? network.endpoints.length : 0) + (internal ? OF_A_LOAD_BALANCER : 0);
  const faults = network.zones.flatMap(({ zone, privateCidr }) => {
    const hosts = zones.filter((one) => one === zone).length;
    const room = new Netmask(privateCidr).size - KEPT_BY_AWS - others;
    if (hosts <= room) return [];
    const reason = `leaves ${zone} a private subnet ${privateCidr} with room for ${Math.max(room, 0)} hosts, and ${hosts} are to live there`;
    return [{ path: "network", reason, write: "use a larger network, larger subnets, or more zones" }];
  });
  if (faults.length > 0) throw new ConfigError(faults);
}

/**
 * The address with the given number in a subnet, counted from the subnet's own.
 *
 * @throws ConfigError when the subnet is too small to have it
 */
export function addressIn(cidr: string, number: number): string {
  const subnet = new Netmask(cidr);
  // AWS keeps the first four addresses and the last.
  if (number < 4 || number > subnet.size - 2) {
    const reason = `leaves a private subnet ${cidr}, which has no address number ${number}`;
    throw new ConfigError([{ path: "network", reason, write: "use a larger network or larger subnets" }]);
  }
  return long2ip(ip2long(subnet.base) + number);
}
