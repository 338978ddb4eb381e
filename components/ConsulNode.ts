import * as pulumi from "@pulumi/pulumi";
import { Host, type HostArgs } from "./Host";
import { inTurn } from "./inTurn";
import type { Quorums } from "./Quorums";

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

/**
 * Makes all Consul servers. Those with a planned address found Consul, with as many servers as see each other at that moment; a new one
 * beyond them is launched once they have. Otherwise one founder could see it and another not, and they would found two clusters.
 */
export function consulNodes(hosts: HostArgs[], { serversNoted }: Quorums): ConsulNode[] {
  const founders: Host[] = [];
  const noted = hosts.map((host) => ({ ...host, after: [...host.after, serversNoted] }));
  return inTurn(noted, [], (host) => {
    const founds = host.plan.address !== undefined;
    // Those that work have founded it, and are made later than new ones.
    const joining = !founds && host.plan.condition === "new";
    const node = new ConsulNode(host.plan.name, { host: joining ? joiningAfter(founders, host) : host });
    if (founds) founders.push(node.host);
    return node;
  });
}

function joiningAfter(founders: Host[], host: HostArgs): HostArgs {
  return {
    ...host,
    after: [...host.after, ...founders.map(({ ready }) => ready)],
    yieldsTo: founders.map(({ networkInterface }) => networkInterface),
  };
}
