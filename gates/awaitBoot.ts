import { dirname } from "node:path/posix";
import { setTimeout as pause } from "node:timers/promises";
import { GetParameterCommand } from "@aws-sdk/client-ssm";
import { othersUnderWay } from "./bootOthers";
import { BootWatch, parseBootReport, silentSeconds } from "./bootReport";
import { required, run } from "./environment";
import { lastReports } from "./lastReports";
import { ssmClient } from "./ssm";

/** SSM has no event that a client could wait for. It takes 40 requests a second from an account; beyond that the client backs off. */
const INTERVAL_MS = 1000;

/** Waits until the host's instance has reported that it is ready; fails with the host's own reason, or with what was last heard. */
run(async () => {
  const host = required("HOST");
  const instanceId = required("INSTANCE_ID");
  const Name = required("BOOT_REPORT");
  const timeout = Number(required("TIMEOUT_SECONDS"));
  const watch = new BootWatch(host, instanceId, timeout);
  const client = ssmClient();
  const began = performance.now();
  const now = () => (performance.now() - began) / 1000;
  for (; now() < timeout; await pause(INTERVAL_MS)) {
    const { Parameter } = await client.send(new GetParameterCommand({ Name }));
    const report = parseBootReport(Parameter?.Value ?? "{}");
    const others =
      report?.state === "failed"
        ? othersUnderWay(report, await lastReports(client, dirname(Name)), now(), silentSeconds(timeout))
        : [];
    const { lines, ending } = watch.observe(report, now(), others);
    for (const line of lines) console.log(line);
    if (ending?.ready) return;
    if (ending) throw new Error([ending.reason, ...(ending.silent ? await consoleOf(instanceId) : [])].join("\n  "));
  }
  throw new Error(watch.timedOut(timeout));
});

/** Loaded when it is needed: every host has a gate that waits for it, and shares the machine with others. */
async function consoleOf(instanceId: string): Promise<string[]> {
  const { lastConsoleLines } = await import("./console.js");
  return lastConsoleLines(instanceId);
}
