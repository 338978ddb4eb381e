/** The benchmark's cluster has a name and a state of its own, beside an operator's on the same machine. Imported before what reads them. */
process.env.REALM_CLUSTER_NAME = "rbench";
process.env.REALM_CLUSTER_STATE = "/var/lib/realm-cluster-rbench";

// As in local/cli.ts: the AWS SDK announces its next minimum of Node at every start.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
