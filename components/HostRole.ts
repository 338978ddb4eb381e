import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import type { RolePlan } from "../plan/access";
import { type Cluster, tagged } from "./cluster";

export interface HostRoleArgs {
  cluster: Cluster;
  /** The host's role, with the policy that its services need. */
  plan: RolePlan;
}

const ASSUME_ROLE = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** The IAM role of one host. */
export class HostRole extends pulumi.ComponentResource {
  /** The name of the instance profile. */
  readonly instanceProfile: pulumi.Output<string>;
  /** What must exist before the host can read its secrets. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, { cluster, plan }: HostRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("realm-cluster:index:HostRole", name, {}, opts);
    const child = { parent: this };
    const { path } = plan;
    const tags = tagged(cluster, plan.name);
    const description = `${plan.name} of the Realm cluster ${cluster.name}`;
    const role = new iam.Role(plan.name, { path, assumeRolePolicy: ASSUME_ROLE, description, tags }, child);
    const policy = new iam.RolePolicy(plan.name, { role: role.id, policy: JSON.stringify(plan.policy) }, child);
    const profile = new iam.InstanceProfile(plan.name, { path, role: role.name, tags }, child);
    this.instanceProfile = profile.name;
    this.ready = [policy, profile];
    this.registerOutputs({ instanceProfile: this.instanceProfile });
  }
}
