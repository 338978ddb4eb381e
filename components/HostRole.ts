import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import type { TierPlan } from "../plan/access";
import { type Cluster, tagged } from "./cluster";

export interface HostRoleArgs {
  cluster: Cluster;
  /** The kind of host, with the policy that its services need. */
  tier: TierPlan;
}

const ASSUME_ROLE = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** The IAM role of one kind of host. */
export class HostRole extends pulumi.ComponentResource {
  /** The name of the instance profile. */
  readonly instanceProfile: pulumi.Output<string>;
  /** What must exist before a host can read its secrets. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, { cluster, tier }: HostRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("realm-cluster:index:HostRole", name, {}, opts);
    const child = { parent: this };
    // IAM names are seen by the whole account, so these begin with the cluster's; Pulumi adds a suffix of its own.
    const logical = `${cluster.prefix}-${tier.name}`;
    const tags = tagged(cluster, tier.name);
    const description = `Hosts of kind ${tier.name} in the Realm cluster ${cluster.name}`;
    const role = new iam.Role(logical, { assumeRolePolicy: ASSUME_ROLE, description, tags }, child);
    const policy = new iam.RolePolicy(logical, { role: role.id, policy: JSON.stringify(tier.policy) }, child);
    const profile = new iam.InstanceProfile(logical, { role: role.name, tags }, child);
    this.instanceProfile = profile.name;
    this.ready = [policy, profile];
    this.registerOutputs({ instanceProfile: this.instanceProfile });
  }
}
