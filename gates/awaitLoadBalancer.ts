import { setTimeout as pause } from "node:timers/promises";
import { required, run } from "./environment";
import { type Answer, ask } from "./health";

/** A load balancer's targets turn healthy without an event that a client could wait for. */
const INTERVAL_MS = 1000;

/** Waits until `/health` answers 200 through the load balancer; fails with what it answered last. */
run(async () => {
  const url = new URL(required("URL"));
  const seconds = Number(required("TIMEOUT_SECONDS"));
  let last: Answer = { ok: false, reason: "it was not asked" };
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; await pause(INTERVAL_MS)) {
    last = await ask(url, process.env.SERVER_NAME);
    if (last.ok) return;
  }
  throw new Error(`${url} was not healthy after ${seconds} seconds: ${last.reason}`);
});
