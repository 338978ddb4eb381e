import { ConfigError } from "../config/faults";

/** What things of one cluster are called in AWS. */
export interface Names {
  /** The cluster's name, which is the stack's. */
  cluster: string;
  /** What the names of its resources begin with. */
  prefix: string;
  /** Where its secrets are among the SSM parameters. */
  secretPath: string;
  /** Where the hosts' boot reports are among the SSM parameters, each under its host's name. */
  bootReports: string;
  /** The namespace of the metrics in CloudWatch that its hosts put. */
  metrics: string;
  /** The log group of its hosts' logs, a stream for each. */
  logs: string;
}

/** Longer ones do not fit into the name of an IAM role together with the prefix, the tier and Pulumi's suffix. */
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
  return {
    cluster,
    prefix: `realm-cluster-${cluster}`,
    secretPath: `/realm-cluster/${cluster}/secrets`,
    bootReports: `/realm-cluster/${cluster}/boot`,
    metrics: `realm-cluster/${cluster}`,
    logs: `/realm-cluster/${cluster}`,
  };
}
