/** Which hosts another version replaces: those that have it, and no others. */
import { planCluster } from "../../plan";
import { configured, facts } from "./plan.examples";

const nodes = { nodes: 1 };
const dedicated = { placement: "dedicated", syncWorkerGroups: [{ label: "default", workers: 2 }], coreServices: nodes };
const sha256 = "0".repeat(64);
const registry = { registry: "https://npm.example.com/" };

const launches = (keys: Record<string, unknown>) =>
  new Map(
    planCluster(configured({ ...dedicated, ...keys }), facts, "dev").hosts.map(({ name, launch }) => [name, launch]),
  );
/** The hosts whose instances a change replaces. */
function replaced(before: Record<string, unknown>, after: Record<string, unknown>): string[] {
  const [old, wanted] = [launches(before), launches(after)];
  return [...old.keys()].filter((name) => old.get(name) !== wanted.get(name));
}

const SERVERS = ["consul-01", "consul-02", "consul-03"];
const WORKERS = ["sync-default-01", "sync-default-02"];
const CORE = ["core-services-01"];
const graphql = { ...nodes, graphql: true };

test.each<[string, string[], Record<string, unknown>, Record<string, unknown>?]>([
  [
    "Consul replaces every host, for each has an agent",
    [...SERVERS, ...WORKERS, ...CORE],
    { consul: { version: "1.21.0", sha256 } },
  ],
  ["Node.js replaces those with a Realm service", [...WORKERS, ...CORE], { node: { version: "8.17.1", sha256 } }],
  [
    "the Realm packages replaces the same",
    [...WORKERS, ...CORE],
    { realm: { ...registry, versions: { "realm-object-server": "3.12.1" } } },
  ],
  [
    "an artifact of the Realm packages replaces the same",
    [...WORKERS, ...CORE],
    { realm: { artifact: { url: "https://example.com/realm-2.tar.gz", sha256 } } },
    { realm: { artifact: { url: "https://example.com/realm-1.tar.gz", sha256 } } },
  ],
  [
    "a lock file of the Realm packages replaces the same",
    [...WORKERS, ...CORE],
    { realm: { ...registry, lockFile: { url: "https://example.com/lock-2.json", sha256 } } },
    { realm: { ...registry, lockFile: { url: "https://example.com/lock-1.json", sha256 } } },
  ],
  [
    "GraphQL replaces core services alone",
    CORE,
    { coreServices: graphql, realm: { ...registry, versions: { "realm-graphql-service": "3.4.1" } } },
    { coreServices: graphql },
  ],
  [
    "GraphQL replaces none where it is not served",
    [],
    { realm: { ...registry, versions: { "realm-graphql-service": "3.4.1" } } },
  ],
])("another version of %s", (_, hosts, after, before = {}) => {
  expect(replaced(before, after)).toEqual(hosts);
});

test.each(["consul", "node"])("a version of %s without the digest of its file is refused", (what) => {
  expect(() => configured({ [what]: { version: "9.9.9" } })).toThrow(`${what}.sha256`);
});
