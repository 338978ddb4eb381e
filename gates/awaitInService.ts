import { setTimeout as pause } from "node:timers/promises";
import { elbClient } from "./elb";
import { required, run } from "./environment";
import { describeHealth, requiredTarget, targetHealth } from "./target";

/** A load balancer's targets turn healthy without an event that a client could wait for. */
const INTERVAL_MS = 1000;

/** Waits until the load balancer finds the instance healthy and sends to it; fails with what it said last. */
run(async () => {
  const target = requiredTarget();
  const seconds = Number(required("TIMEOUT_SECONDS"));
  const client = elbClient();
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const health = await targetHealth(client, target);
    if (health.State === "healthy") return;
    if (Date.now() >= deadline) {
      const late = `${required("HOST")} (${target.instanceId}) was not in service after ${seconds} seconds`;
      throw new Error(`${late}: the load balancer says that it is ${describeHealth(health)}`);
    }
    await pause(INTERVAL_MS);
  }
});
