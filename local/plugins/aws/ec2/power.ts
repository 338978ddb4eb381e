/** Looking at instances, and starting, stopping and ending them. */
import type { Instance } from "@aws-sdk/client-ec2";
import type { Aws } from "../context";
import { until } from "../wait";

/** An instance as EC2 describes it; undefined where there is none of this id. */
export async function describeInstance(aws: Aws, id: string): Promise<Instance | undefined> {
  const { Reservations: [reservation] = [] } = await (await aws.ec2()).describeInstances({ InstanceIds: [id] });
  return reservation?.Instances?.[0];
}

/** Waits for a state; fails with EC2's reason when an instance that should run ends instead. */
export function untilState(
  aws: Aws,
  id: string,
  wanted: "running" | "stopped" | "terminated",
  action: string,
): Promise<void> {
  return until(aws, `EC2 Instance (${id}) ${action}`, wanted === "terminated" ? 20 : 10, async () => {
    const found = await describeInstance(aws, id);
    const state = found?.State?.Name ?? "terminated";
    if (state === wanted) return { done: true };
    if (state === "terminated") return { failed: found?.StateReason?.Message ?? "unexpected state 'terminated'" };
    return { done: false, state };
  });
}

/** Stops an instance, unless it is not running. */
export async function stop(aws: Aws, id: string): Promise<void> {
  const state = (await describeInstance(aws, id))?.State?.Name;
  if (state === undefined || state === "terminated" || state === "shutting-down" || state === "stopped") return;
  await (await aws.ec2()).stopInstances({ InstanceIds: [id] });
  await untilState(aws, id, "stopped", "stop");
}

/** Starts a stopped instance. */
export async function start(aws: Aws, id: string): Promise<void> {
  await (await aws.ec2()).startInstances({ InstanceIds: [id] });
  await untilState(aws, id, "running", "start");
}
