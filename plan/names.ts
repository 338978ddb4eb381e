import { ConfigError } from "../config/faults";
import type { Config } from "../config/schema";

/** What things of one cluster are called in AWS. */
export interface Names {
  /** The cluster's name, which is the stack's. */
  cluster: string;
  /** What the `Name` tags of its resources begin with, and names that the whole account sees, save those of hosts' roles. */
  prefix: string;
  /** The path of its hosts' roles. */
  rolePath: string;
  /** Where its secrets are among the SSM parameters. */
  secretPath: string;
  /** Where the hosts' boot reports are among the SSM parameters, each under its host's name. */
  bootReports: string;
  /** The namespace of the metrics in CloudWatch that its hosts put. */
  metrics: string;
  /** The log group of its hosts' logs, a stream for each. */
  logs: string;
}

/**
 * With the prefix, what it is for and Pulumi's suffix it has to fit into 64 characters, those of an IAM role's name. Backups allow less: backup.ts.
 * Hosts' roles have it in their path.
 */
const CLUSTER_NAME = /^[a-z][a-z0-9-]{0,27}$/;

/**
 * Names the parts of a cluster.
 *
 * @throws ConfigError when the stack's name cannot be part of AWS names
 */
export function nameCluster(cluster: string): Names {
  if (!CLUSTER_NAME.test(cluster)) {
    const write = "name the stack with lower-case letters, digits and -, beginning with a letter, 28 at most";
    throw new ConfigError([{ path: "(stack)", reason: `is named "${cluster}"`, write }]);
  }
  const root = `/realm-cluster/${cluster}`;
  return {
    cluster,
    prefix: `realm-cluster-${cluster}`,
    rolePath: `${root}/`,
    secretPath: `${root}/secrets`,
    bootReports: `${root}/boot`,
    metrics: `realm-cluster/${cluster}`,
    logs: root,
  };
}

/** The names of the Consul servers' hosts. */
export const consulHosts = (servers: number): string[] => numbered("consul", servers);

/** The names of the hosts that exist for a group's workers alone. */
export const workerHosts = (label: string, workers: number): string[] => numbered(`sync-${label}`, workers);

/** The names of the core services' hosts. */
export const coreHosts = (nodes: number): string[] => numbered("core-services", nodes);

/** Whether a group's workers live on the Consul servers' hosts. */
export const isColocated = (placement: Config["placement"], label: string): boolean =>
  placement === "colocated" && label === "default";

/** The names of all hosts that a configuration asks for. */
export function hostNames({
  placement,
  consul,
  syncWorkerGroups,
  coreServices,
}: Pick<Config, "placement" | "consul" | "syncWorkerGroups" | "coreServices">): string[] {
  const apart = syncWorkerGroups.filter(({ label }) => !isColocated(placement, label));
  return [
    ...consulHosts(consul.servers),
    ...apart.flatMap(({ label, workers }) => workerHosts(label, workers)),
    ...coreHosts(coreServices.nodes),
  ];
}

const numbered = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${name}-${String(index + 1).padStart(2, "0")}`);
