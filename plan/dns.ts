import { ConfigError } from "../config/faults";
import type { Config } from "../config/schema";
import type { Facts } from "./facts";
import { type HostsPlan, allHosts } from "./hosts";

/** The names that lead into the cluster. */
export interface DnsPlan {
  /** The record of the name that clients use: an alias of the load balancer. */
  alias?: { zoneId: string; name: string };
  /** A hosted zone for the VPC alone, whose records are named without the zone's own name. */
  privateZone?: { name: string; records: PrivateRecord[] };
}

/** One name of the private zone, for one host or for several. */
export interface PrivateRecord {
  name: string;
  hosts: string[];
}

/** The record of all Consul servers: what the guide calls a DNS name with all Consul hosts. */
const CONSUL = "consul";

/**
 * Names the load balancer and the hosts.
 *
 * @throws ConfigError when the hosted zone is not the one of the load balancer's domain
 */
export function planDns(
  { dns, loadBalancer }: Pick<Config, "dns" | "loadBalancer">,
  { zoneName }: Facts,
  placed: HostsPlan,
): DnsPlan {
  const { zoneId, privateZone } = dns;
  const { domain } = loadBalancer;
  return {
    ...(zoneId !== undefined && domain !== undefined && { alias: alias(zoneId, domain, zoneName) }),
    ...(privateZone !== undefined && {
      privateZone: {
        name: privateZone,
        records: [
          { name: CONSUL, hosts: placed.consul.map(({ name }) => name) },
          ...allHosts(placed).map(({ name }) => ({ name, hosts: [name] })),
        ],
      },
    }),
  };
}

function alias(zoneId: string, domain: string, zoneName: string | undefined): DnsPlan["alias"] {
  if (zoneName === undefined) throw new Error(`nothing was looked up about ${zoneId}`);
  if (domain !== zoneName && !domain.endsWith(`.${zoneName}`)) {
    const reason = `is the zone ${zoneName}, which ${domain} is not in`;
    throw new ConfigError([
      { path: "dns.zoneId", reason, write: "write the id of the zone that loadBalancer.domain is in" },
    ]);
  }
  return { zoneId, name: domain };
}
