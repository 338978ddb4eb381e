import { setTimeout as pause } from "node:timers/promises";
import { GetParameterCommand } from "@aws-sdk/client-ssm";
import { ssmClient } from "./aws";
import { BootWatch } from "./bootReport";
import { required, run } from "./environment";

/** SSM has no event that a client could wait for. It takes 40 requests a second from an account; beyond that the client backs off. */
const INTERVAL_MS = 1000;

/** Waits until the host's instance has reported that it is ready; fails with the host's own reason, or with what was last heard. */
run(async () => {
  const watch = new BootWatch(required("HOST"), required("INSTANCE_ID"));
  const Name = required("BOOT_REPORT");
  const seconds = Number(required("TIMEOUT_SECONDS"));
  const client = ssmClient();
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; await pause(INTERVAL_MS)) {
    const { Parameter } = await client.send(new GetParameterCommand({ Name }));
    const { lines, ending } = watch.observe(Parameter?.Value ?? "{}");
    for (const line of lines) console.log(line);
    if (ending?.ready === false) throw new Error(ending.reason);
    if (ending) return;
  }
  throw new Error(watch.timedOut(seconds));
});
