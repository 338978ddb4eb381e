/**
 * Gives what is imported after this a cluster of its own, beside an operator's on the same machine.
 *
 * @param name the cluster's, on this machine
 */
export function useOwnCluster(name: string): void {
  process.env.REALM_CLUSTER_NAME = name;
  process.env.REALM_CLUSTER_STATE = `/var/lib/realm-cluster-${name}`;
  // As in local/cli.ts: the AWS SDK announces its next minimum of Node at every start.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
}
