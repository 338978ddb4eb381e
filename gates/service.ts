import { setTimeout as pause } from "node:timers/promises";
import { InvalidInstanceId } from "@aws-sdk/client-ssm";
import { watch } from "../userdata/services";
import { required } from "./environment";
import { type HostScript, shellScript } from "./hostScript";
import { runCommand } from "./runCommand";
import { ssmClient } from "./ssm";

/** How long writing a few files and starting a timer may take, in seconds. */
const SECONDS = 60;
/** A host can be ready before its SSM agent is known to Systems Manager. */
const AGENT_MS = 5 * 60_000;
const INTERVAL_MS = 2000;

/**
 * Puts the service that tells CloudWatch on the host of the instance `INSTANCE_ID`, or takes it away: `METRICS` and `LOG_GROUP` are where it
 * tells them to.
 */
export async function watchService(task: "put" | "remove"): Promise<void> {
  const { files, units } = watch({ metrics: required("METRICS"), logs: required("LOG_GROUP") });
  const script: HostScript = { program: "put-service", args: [task, JSON.stringify({ files, units })] };
  const client = ssmClient();
  const patience = task === "put" ? AGENT_MS : 0;
  for (const deadline = Date.now() + patience; ; await pause(INTERVAL_MS)) {
    try {
      console.log(await runCommand(client, required("INSTANCE_ID"), shellScript(script), SECONDS));
      return;
    } catch (error) {
      if (!(error instanceof InvalidInstanceId) || Date.now() >= deadline) throw error;
    }
  }
}
