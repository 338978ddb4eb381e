import * as ec2 from "@pulumi/aws/ec2";
import * as vpc from "@pulumi/aws/vpc";
import * as pulumi from "@pulumi/pulumi";
import type { FirewallPlan, Rule } from "../plan/firewall";
import { type Cluster, tagged } from "./cluster";

export interface FirewallArgs {
  cluster: Cluster;
  plan: FirewallPlan;
  vpcId: pulumi.Input<string>;
}

/** The security groups, and each of their rules as a resource of its own, so that one can change without the others. */
export class Firewall extends pulumi.ComponentResource {
  /** The security groups' ids by the name that the plan gives them. */
  readonly groupIds: Record<string, pulumi.Output<string>>;
  readonly rules: pulumi.Resource[];

  constructor(name: string, { cluster, plan, vpcId }: FirewallArgs, opts?: pulumi.ComponentResourceOptions) {
    super("realm-cluster:index:Firewall", name, {}, opts);
    const child = { parent: this };
    this.groupIds = Object.fromEntries(
      plan.groups.map((group) => {
        const args = { vpcId, description: `Realm cluster ${cluster.name}: ${group}`, tags: tagged(cluster, group) };
        return [group, new ec2.SecurityGroup(group, args, child).id];
      }),
    );
    const arguments_ = (rule: Rule) => ({
      securityGroupId: this.groupIds[rule.group],
      description: rule.description,
      ...this.peerOf(rule),
      ipProtocol: rule.traffic.protocol,
      fromPort: rule.traffic.port,
      toPort: rule.traffic.port,
      tags: tagged(cluster, rule.name),
    });
    this.rules = [
      ...plan.ingress.map((rule) => new vpc.SecurityGroupIngressRule(rule.name, arguments_(rule), child)),
      ...plan.egress.map((rule) => new vpc.SecurityGroupEgressRule(rule.name, arguments_(rule), child)),
    ];
    this.registerOutputs({ groupIds: this.groupIds });
  }

  private peerOf({ peer }: Rule) {
    return "cidr" in peer ? { cidrIpv4: peer.cidr } : { referencedSecurityGroupId: this.groupIds[peer.group] };
  }
}
