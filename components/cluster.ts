import type * as pulumi from "@pulumi/pulumi";

/** What every component must know about the cluster that it belongs to. */
export interface Cluster {
  /** The cluster's name, which is the stack's. */
  name: string;
  /** What `Name` tags begin with, and names that the whole account sees, save those of hosts' roles; such as `realm-cluster-dev`. */
  prefix: string;
  /** The operator's tags, for every resource. */
  tags: Record<string, string>;
}

/**
 * The tags of one resource: the operator's, the cluster's name, and a `Name` that AWS's console shows.
 *
 * @param name the resource's name inside the cluster
 * @param more tags of this resource alone
 */
export function tagged(
  { name: cluster, prefix, tags }: Cluster,
  name: string,
  more: Record<string, pulumi.Input<string>> = {},
): Record<string, pulumi.Input<string>> {
  return { ...tags, Cluster: cluster, Name: `${prefix}-${name}`, ...more };
}

/** The name of a host's data volume inside the cluster. */
export const dataVolumeName = (host: string) => `${host}-data`;
