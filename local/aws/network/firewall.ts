import type { NetworkInterface, Rule, SecurityGroup } from "../model/model";
import { INTERNET_ADDRESS, METADATA_ADDRESS, RESOLVER_ADDRESS, SERVICES_ADDRESS } from "./addresses";

/** What the firewall of a VPC is made of. */
export interface FirewallInput {
  securityGroups: SecurityGroup[];
  interfaces: Pick<NetworkInterface, "address" | "groups">[];
  /** The VPC's own resolver. */
  resolver: string;
  /** Addresses of interfaces whose subnet has a route to the internet. */
  routed: string[];
}

const PORTLESS = new Set(["-1", "icmp", "1"]);

/**
 * Security groups as a ruleset of the VPC's namespace, for `nft -f`: it replaces the one before at once.
 *
 * A new connection must be let out by a group of its source, then in by a group of its destination; what is neither is
 * dropped without an answer, as in a VPC. Load balancers live in the namespace itself, so what comes to them and from
 * them passes input and output and is judged by the same chains.
 */
export function renderFirewall({ securityGroups, interfaces, resolver, routed }: FirewallInput): string {
  const groups = [...securityGroups].sort((a, b) => a.id.localeCompare(b.id));
  const members = (groupId: string) => interfaces.filter((i) => i.groups.includes(groupId)).map((i) => i.address);
  return [
    "table ip security-groups",
    "delete table ip security-groups",
    "table ip security-groups {",
    ...addressSet(
      "interfaces",
      interfaces.map((i) => i.address),
    ),
    ...addressSet("routed", routed),
    ...groups.flatMap((group) => addressSet(group.id, members(group.id))),
    ...groups.flatMap((group) => [
      ...chain(
        `${group.id}-egress`,
        group.egress.flatMap((rule) => renderRule(rule, "daddr", "goto ingress")),
      ),
      ...chain(
        `${group.id}-ingress`,
        group.ingress.flatMap((rule) => renderRule(rule, "saddr", "accept")),
      ),
    ]),
    // A goto from a jump comes back to the caller's next rule, so a packet may pass here twice: drop ends it.
    ...chain("ingress", [
      `ip daddr { ${SERVICES_ADDRESS}, ${INTERNET_ADDRESS} } ip saddr @routed accept`,
      ...groups.map((group) => `ip daddr @${group.id} jump ${group.id}-ingress`),
      "drop",
    ]),
    ...chain("egress", [...groups.map((group) => `ip saddr @${group.id} jump ${group.id}-egress`), "drop"]),
    ...chain("forward", [
      "type filter hook forward priority filter; policy drop;",
      "ct state established,related accept",
      "goto egress",
    ]),
    ...chain("input", [
      "type filter hook input priority filter; policy drop;",
      "ct state established,related accept",
      `iifname "lo" accept`,
      // Neither the instance metadata nor the resolver is subject to security groups.
      `ip daddr { ${METADATA_ADDRESS}, ${RESOLVER_ADDRESS}, ${resolver} } accept`,
      "goto egress",
    ]),
    ...chain("output", [
      "type filter hook output priority filter; policy accept;",
      "ct state established,related accept",
      "ip saddr @interfaces goto egress",
    ]),
    "}",
    "",
  ].join("\n");
}

function addressSet(name: string, addresses: string[]): string[] {
  const elements = [...new Set(addresses)].sort();
  return [
    `  set ${name} {`,
    "    type ipv4_addr",
    ...(elements.length ? [`    elements = { ${elements.join(", ")} }`] : []),
    "  }",
  ];
}

function chain(name: string, rules: string[]): string[] {
  return [`  chain ${name} {`, ...rules.map((rule) => `    ${rule}`), "  }"];
}

function renderRule(rule: Rule, side: "saddr" | "daddr", verdict: string): string[] {
  const peers = [
    ...rule.cidrs.map((cidr) => (cidr === "0.0.0.0/0" ? "" : `ip ${side} ${cidr}`)),
    ...rule.groups.map((group) => `ip ${side} @${group}`),
  ];
  return peers.map((peer) => [peer, renderProtocol(rule), verdict].filter(Boolean).join(" "));
}

function renderProtocol({ protocol, fromPort, toPort }: Rule): string {
  if (protocol === "-1") return "";
  if (PORTLESS.has(protocol) || fromPort === undefined || fromPort < 0) return `ip protocol ${protocol}`;
  const name = { "6": "tcp", "17": "udp" }[protocol] ?? protocol;
  return `${name} dport ${fromPort === (toPort ?? fromPort) ? fromPort : `${fromPort}-${toPort}`}`;
}
