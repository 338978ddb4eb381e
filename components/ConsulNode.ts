import * as pulumi from "@pulumi/pulumi";
import { Host, type HostArgs } from "./Host";

export interface ConsulNodeArgs {
  /** Its host; in colocated placement it carries a sync worker too. */
  host: HostArgs;
}

/** A Consul server. */
export class ConsulNode extends pulumi.ComponentResource {
  readonly host: Host;

  constructor(name: string, args: ConsulNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("realm-cluster:index:ConsulNode", name, {}, opts);
    this.host = new Host(name, args.host, { parent: this });
    this.registerOutputs({ address: this.host.address });
  }
}
