import * as pulumi from "@pulumi/pulumi";
import { Host, type HostArgs } from "./Host";

export interface CoreServicesNodeArgs {
  host: HostArgs;
}

/** A host of the core services, which keeps no state. */
export class CoreServicesNode extends pulumi.ComponentResource {
  readonly host: Host;

  constructor(name: string, args: CoreServicesNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("realm-cluster:index:CoreServicesNode", name, {}, opts);
    this.host = new Host(name, args.host, { parent: this });
    this.registerOutputs({ address: this.host.address });
  }
}
