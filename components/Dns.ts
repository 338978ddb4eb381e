import * as route53 from "@pulumi/aws/route53";
import * as pulumi from "@pulumi/pulumi";
import type { DnsPlan } from "../plan/dns";
import { type Cluster, tagged } from "./cluster";
import type { Host } from "./Host";
import type { LoadBalancer } from "./LoadBalancer";

export interface DnsArgs {
  cluster: Cluster;
  plan: DnsPlan;
  /** The VPC that the private zone is for. */
  vpcId: pulumi.Input<string>;
  loadBalancer: LoadBalancer;
  /** Every host that the plan names. */
  hosts: Host[];
}

/** How long a resolver may keep a host's address, in seconds. Addresses outlive instances, so that it seldom matters. */
const TTL = 60;

/** The names in Route 53 that lead into the cluster: the one that clients use, and those of the hosts inside the VPC. */
export class Dns extends pulumi.ComponentResource {
  constructor(
    name: string,
    { cluster, plan, vpcId, loadBalancer, hosts }: DnsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("realm-cluster:index:Dns", name, {}, opts);
    const child = { parent: this };
    if (plan.alias) {
      const target = { name: loadBalancer.dnsName, zoneId: loadBalancer.zoneId, evaluateTargetHealth: false };
      const args = { zoneId: plan.alias.zoneId, name: plan.alias.name, type: "A", aliases: [target] };
      new route53.Record("load-balancer", args, child);
    }
    if (plan.privateZone) {
      const zoneArgs = {
        name: plan.privateZone.name,
        comment: `Hosts of the Realm cluster ${cluster.name}`,
        vpcs: [{ vpcId }],
        tags: tagged(cluster, "private-zone"),
      };
      const zone = new route53.Zone("private", zoneArgs, child);
      for (const record of plan.privateZone.records) {
        const addresses = record.hosts.map((host) => addressOf(hosts, host));
        const args = { zoneId: zone.zoneId, name: `${record.name}.${plan.privateZone.name}`, type: "A", ttl: TTL };
        new route53.Record(record.name, { ...args, records: addresses }, child);
      }
    }
    this.registerOutputs({});
  }
}

function addressOf(hosts: Host[], name: string): pulumi.Output<string> {
  const host = hosts.find(({ hostName }) => hostName === name);
  if (!host) throw new Error(`the plan names a host ${name} that was not made`);
  return host.address;
}
