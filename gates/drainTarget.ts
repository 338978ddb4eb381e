import { setTimeout as pause } from "node:timers/promises";
import { DeregisterTargetsCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { elbClient } from "./elb";
import { required, run } from "./environment";
import { unless } from "./awsErrors";
import { GONE, describeHealth, requiredTarget, targetHealth } from "./target";

const INTERVAL_MS = 1000;

/** The longest deregistration delay that a target group can have is an hour: a target that drains for longer does so for ever. */
const LIMIT_MS = 3_900_000;

/**
 * Takes an instance out of its target group and waits until its requests have ended, or the target group's deregistration delay has passed.
 * That it is out already, or that the target group is gone, is well.
 *
 * The states of deployed clusters name this file, and run it when they are changed by a later release.
 */
run(async () => {
  const target = requiredTarget();
  const client = elbClient();
  const Targets = [{ Id: target.instanceId }];
  const deregister = new DeregisterTargetsCommand({ TargetGroupArn: target.targetGroupArn, Targets });
  await unless(GONE, client.send(deregister));
  for (const deadline = Date.now() + LIMIT_MS; ; await pause(INTERVAL_MS)) {
    const health = await targetHealth(client, target);
    // Right after the call it may still be told as it was before.
    if (health.State === "unused") return;
    if (Date.now() >= deadline) throw new Error(`${required("HOST")} does not leave: it is ${describeHealth(health)}`);
  }
});
