import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Names } from "../plan/names";
import type { Quorum } from "../userdata/service";
import { gate } from "./gate";

export interface QuorumsArgs {
  region: string;
  names: Names;
  /** The names of all hosts, by what they carry together. */
  quorums: Record<Quorum, string[]>;
  /** How long the hosts that stay may take to do their part, in minutes. */
  timeoutMinutes: number;
}

/**
 * What hosts carry together, when there are to be fewer of them: the others are deleted once those that stay do their part, and Consul
 * servers among them leave Consul first. Pulumi deletes at the end of an update, and nothing of one that has failed. A new cluster, a host
 * whose instance is replaced and a cluster that is destroyed have nobody leave.
 */
export class Quorums extends pulumi.ComponentResource {
  /**
   * Another one for each change of Consul's servers. It is made before a server that is added is launched: if that update does not finish,
   * what it has launched may have joined Consul, and has to leave when the next one gives it up.
   */
  readonly serversNoted: random.RandomId;

  constructor(
    name: string,
    private readonly args: QuorumsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("realm-cluster:index:Quorums", name, {}, opts);
    const keepers = { servers: args.quorums.consul.join(" ") };
    this.serversNoted = new random.RandomId("consul-servers", { byteLength: 4, keepers }, { parent: this });
    this.registerOutputs({});
  }

  /** @param inService what exists once the hosts do their part */
  settle(inService: pulumi.Resource[]): void {
    const { region, names, quorums, timeoutMinutes } = this.args;
    const environment = {
      QUORUMS: JSON.stringify(quorums),
      CLUSTER: names.cluster,
      PREFIX: names.prefix,
      BOOT_REPORTS: names.bootReports,
      TIMEOUT_SECONDS: String(timeoutMinutes * 60),
      AWS_REGION: region,
      // The program does not read it: with it in its environment it runs after each change, also after one that was given up.
      SERVERS_NOTED: this.serversNoted.hex,
    };
    gate("quorums", "settleQuorums", environment, { parent: this, dependsOn: inService }, { made: false });
  }
}
