import * as pulumi from "@pulumi/pulumi";
import type { Names } from "../plan/names";
import { gate } from "./gate";
import type { Host } from "./Host";

export interface ConsulQuorumArgs {
  region: string;
  names: Names;
  /** All Consul servers. */
  servers: Host[];
  /** How long Consul may take to be whole before a server leaves, in minutes. */
  timeoutMinutes: number;
}

/**
 * The servers that Consul counts. When there are to be fewer, the others leave Consul once those that stay do their part, and before
 * anything is deleted: Pulumi deletes at the end of an update, and nothing of one that has failed. A new cluster, a server whose
 * instance is replaced and a cluster that is destroyed have nobody leave.
 */
export class ConsulQuorum extends pulumi.ComponentResource {
  constructor(
    name: string,
    { region, names, servers, timeoutMinutes }: ConsulQuorumArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("realm-cluster:index:ConsulQuorum", name, {}, opts);
    const environment = {
      SERVERS: servers.map(({ hostName }) => hostName).join(" "),
      CLUSTER: names.cluster,
      PREFIX: names.prefix,
      BOOT_REPORTS: names.bootReports,
      TIMEOUT_SECONDS: String(timeoutMinutes * 60),
      AWS_REGION: region,
    };
    const after = { parent: this, dependsOn: servers.map(({ ready }) => ready) };
    gate("consul-servers", "settleServers", environment, after, { made: false });
    this.registerOutputs({});
  }
}
