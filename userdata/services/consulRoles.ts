import type { ConsulRole } from "../service";

type Policy = "read" | "write" | "deny";
interface Rule {
  policy: Policy;
}
const [read, write, deny]: Rule[] = [{ policy: "read" }, { policy: "write" }, { policy: "deny" }];

type Resource = "agent" | "key" | "node" | "service" | "session";

/** Rules of a policy, in Consul's own words: by the exact name, or by its beginning. What no rule names is denied. */
export type ConsulRules = { operator?: Policy } & {
  [Scope in Resource | `${Resource}_prefix`]?: Record<string, Rule>;
};

/** Every agent: its own node, and a look at all nodes and services. Sessions are of nodes. */
const agent = (nodes: string): ConsulRules => ({
  agent_prefix: { [nodes]: read },
  node_prefix: { "": read, [nodes]: write },
  service_prefix: { "": read },
  session_prefix: { "": read, [nodes]: write },
});

/** The names that Realm Object Server registers its services by. */
const realm = (...own: string[]): ConsulRules => ({
  service: Object.fromEntries([...own, "health", "log", "metrics", "stats"].map((name) => [name, write])),
});

/** Its readiness check asks for the peers of the quorum. */
const server: ConsulRules = { operator: "read" };

/**
 * The host's agent registers `sync-worker`. Which keys the Enterprise package elects a group's master by is not published: all but this
 * program's own.
 */
const syncWorker: ConsulRules = {
  ...realm("sync", "sync-worker"),
  key_prefix: { "": write, "realm-cluster/": deny },
};

/** The core services, and beside them the directory with its lock. */
const coreServices: ConsulRules = {
  ...realm("auth", "graphql", "password-auth-ui", "permissions", "realms", "welcome"),
  key_prefix: { "realm-cluster/directory/": write },
};

/** What is asked of Consul by one who only looks. */
const doctor: ConsulRules = {
  operator: "read",
  agent_prefix: { "": read },
  node_prefix: { "": read },
  service_prefix: { "": read },
};

/** What each role may do. They are the same in every cluster, so that a group more or less changes no Consul server. */
export const roles: Record<ConsulRole, ConsulRules> = {
  consul: { ...agent("consul-"), ...server },
  "consul-sync": { ...agent("consul-"), ...server, ...syncWorker },
  sync: { ...agent("sync-"), ...syncWorker },
  "core-services": { ...agent("core-services-"), ...coreServices },
  doctor,
};
