import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Names } from "../plan/names";
import { gate } from "./gate";
import type { Host } from "./Host";

export interface ConsulQuorumArgs {
  region: string;
  names: Names;
  /** The names of all Consul servers. */
  servers: string[];
  /** How long Consul may take to be whole before a server leaves, in minutes. */
  timeoutMinutes: number;
}

/**
 * The servers that Consul counts. When there are to be fewer, the others leave Consul once those that stay do their part, and before
 * anything is deleted: Pulumi deletes at the end of an update, and nothing of one that has failed. A new cluster, a server whose
 * instance is replaced and a cluster that is destroyed have nobody leave.
 */
export class ConsulQuorum extends pulumi.ComponentResource {
  /**
   * Another one for each change of the servers. It is made before a server that is added is launched: if that update does not finish, what
   * it has launched may have joined Consul, and has to leave when the next one gives it up.
   */
  readonly change: random.RandomId;

  constructor(
    name: string,
    private readonly args: ConsulQuorumArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("realm-cluster:index:ConsulQuorum", name, {}, opts);
    const keepers = { servers: args.servers.join(" ") };
    this.change = new random.RandomId("consul-servers", { byteLength: 4, keepers }, { parent: this });
    this.registerOutputs({});
  }

  /** @param servers all of them, which are waited for */
  settle(servers: Host[]): void {
    const { region, names, timeoutMinutes } = this.args;
    const environment = {
      SERVERS: this.args.servers.join(" "),
      CLUSTER: names.cluster,
      PREFIX: names.prefix,
      BOOT_REPORTS: names.bootReports,
      TIMEOUT_SECONDS: String(timeoutMinutes * 60),
      AWS_REGION: region,
      // The program does not read it: with it in its environment it runs after each change, also after one that was given up.
      CHANGE: this.change.hex,
    };
    const after = { parent: this, dependsOn: servers.map(({ ready }) => ready) };
    gate("consul-servers", "settleServers", environment, after, { made: false });
  }
}
