/** Where the local cluster is on this machine. */
import * as path from "node:path";

/** The repository: where Pulumi.yaml is. */
export const repository = path.resolve(__dirname, "../..");

/** What a running local cluster keeps: hosts, volumes, Pulumi's state. `npm stop` removes it. */
export const stateDir = process.env.REALM_CLUSTER_STATE ?? "/var/lib/realm-cluster-local";

/** Prefix of every namespace and control group, so that a test's cluster and an operator's can be told apart. */
export const localName = process.env.REALM_CLUSTER_NAME ?? "realm";

/** The stack that `npm start` deploys when it is told no other: that of Pulumi.dev.yaml, the guide's cluster. */
export const defaultStack = "dev";

/** The Pulumi project as this machine runs it: the repository's program, with configuration and state of its own. */
export const projectDir = path.join(stateDir, "project");

/** Which process changes the local cluster. */
export const starterFile = path.join(stateDir, "starter.pid");

/** The state of the local AWS: its hosts and volumes. */
export const awsDir = path.join(stateDir, "aws");
