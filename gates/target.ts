import {
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  type TargetHealth,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { unless } from "./awsErrors";
import { required } from "./environment";

/** An instance's place behind a load balancer. */
export interface Target {
  targetGroupArn: string;
  instanceId: string;
}

/** What the load balancer says of a target: `healthy`, `draining`, `unused`..., often with the reason. */
export type Health = Pick<TargetHealth, "State" | "Reason" | "Description">;

/** What ELB refuses a call with when the target group, or the instance, does not exist any more. */
export const GONE = ["TargetGroupNotFoundException", "InvalidTargetException"];

/**
 * The target that a gate's environment names.
 *
 * @throws when it names none
 */
export function requiredTarget(): Target {
  return { targetGroupArn: required("TARGET_GROUP_ARN"), instanceId: required("INSTANCE_ID") };
}

/** Asks the load balancer about a target; `unused` also when the target, or its target group, does not exist any more. */
export async function targetHealth(client: ElasticLoadBalancingV2Client, target: Target): Promise<Health> {
  const TargetGroupArn = target.targetGroupArn;
  const ask = new DescribeTargetHealthCommand({ TargetGroupArn, Targets: [{ Id: target.instanceId }] });
  const answer = await unless(GONE, client.send(ask));
  return (
    answer?.TargetHealthDescriptions?.[0]?.TargetHealth ?? { State: "unused", Description: "Target is not registered" }
  );
}

/** A target's health as a sentence has it. */
export function describeHealth({ State, Reason, Description }: Health): string {
  const why = [Reason, Description].filter((part) => part !== undefined).join(": ");
  return `"${State}"${why && ` (${why})`}`;
}
