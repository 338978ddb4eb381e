import * as pulumi from "@pulumi/pulumi";
import { Host, type HostArgs } from "./Host";
import { inTurn } from "./inTurn";

export interface SyncWorkerGroupArgs {
  /** The group's name, which is its shard's. */
  label: string;
  /** Hosts to make for this group alone. */
  hosts: HostArgs[];
  /** What must be in service before the first of its healthy hosts is replaced. */
  before: pulumi.Resource[];
  /** Hosts that others have made and that carry workers of this group. @default none */
  members?: Host[];
}

/** A group of sync workers: one shard, held by a master, a slave and a spare. */
export class SyncWorkerGroup extends pulumi.ComponentResource {
  readonly label: string;
  /** All hosts that carry a worker of the group. */
  readonly members: Host[];
  /** Those of them that exist for the group alone. */
  readonly hosts: Host[];

  constructor(name: string, args: SyncWorkerGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("realm-cluster:index:SyncWorkerGroup", name, {}, opts);
    this.label = args.label;
    const made = inTurn(args.hosts, args.before, (host) => ({
      host: new Host(host.plan.name, host, { parent: this }),
    }));
    this.hosts = made.map(({ host }) => host);
    this.members = [...(args.members ?? []), ...this.hosts];
    this.registerOutputs({ label: this.label, addresses: this.members.map(({ address }) => address) });
  }
}
