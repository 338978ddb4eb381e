import fc from "fast-check";
import { ConfigError, parseConfig } from "../../config";
import type { Facts } from "../../plan/facts";

/** What AWS says in these tests. */
export const facts: Facts = {
  region: "eu-west-1",
  partition: "aws",
  account: "123456789012",
  zones: ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
  imageId: "ami-0pinned",
  hosts: new Map(),
};

/** The least that a configuration must say. */
export const least = {
  featureToken: "token",
  realm: { registry: "https://npm.example.com/" },
  loadBalancer: { allowedCidrs: ["0.0.0.0/0"] },
};

/** A configuration with the given keys set, the rest by default. */
export const configured = (keys: Record<string, unknown> = {}) => parseConfig({ ...least, ...keys });

/** The faults of a configuration, one line each: where it is, what is wrong, what to write. */
export function faultsOf(raw: Record<string, unknown>): string[] {
  try {
    parseConfig({ ...least, ...raw });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ path, reason, write }) => `${path} ${reason}: ${write}`);
  }
  return [];
}

const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).filter((name) => name !== "default");
const group = fc.record({ label, workers: fc.constantFrom(2, 3) });

/** Any valid configuration of a cluster's size, placement and network, with the zones of its region. */
export const clusters = fc
  .record({
    placement: fc.constantFrom("colocated", "dedicated"),
    servers: fc.constantFrom(3, 5),
    workers: fc.constantFrom(2, 3),
    others: fc.uniqueArray(group, { maxLength: 3, selector: (value) => value.label }),
    nodes: fc.integer({ min: 1, max: 6 }),
    zones: fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f"), { minLength: 2, maxLength: 6 }),
    named: fc.boolean(),
    second: fc.integer({ min: 0, max: 255 }),
    prefix: fc.integer({ min: 16, max: 22 }),
    https: fc.boolean(),
  })
  .map(({ placement, servers, workers, others, nodes, zones, named, second, prefix, https }) => {
    const regional = zones.map((letter) => `eu-west-1${letter}`);
    const certificateArn = "arn:aws:acm:eu-west-1:123456789012:certificate/abc";
    const config = configured({
      placement,
      consul: { servers },
      syncWorkerGroups: [{ label: "default", workers }, ...others],
      coreServices: { nodes },
      zones: named ? regional : [],
      network: { cidr: `10.${second}.0.0/${prefix}` },
      ...(https && { loadBalancer: { certificateArn, domain: "realm.example.com" } }),
    });
    return { config, facts: { ...facts, zones: regional } };
  });
