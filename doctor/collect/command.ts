import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { GetCommandInvocationCommand, SSMClient, SendCommandCommand } from "@aws-sdk/client-ssm";
import type { z } from "zod";

/** Systems Manager has no event that a client could wait for. */
const INTERVAL_MS = 500;
/** A host that is on takes a command within seconds; Systems Manager allows no shorter time than this. */
const DELIVERY_SECONDS = 30;
const EXECUTION_SECONDS = 60;
const RUNNING = ["Pending", "InProgress", "Delayed"];

/** What a probe printed, and between which times of our clock it did, in seconds since 1970. */
export interface Probed<T> {
  probe: T;
  asked: number;
  answered: number;
}

/**
 * Runs a probe on a host by Systems Manager.
 *
 * @param name of a file in `probes`
 * @throws when the host takes no commands, the probe fails, or its answer is not of the schema
 */
export async function runProbe<T>(
  ssm: SSMClient,
  instanceId: string,
  name: string,
  schema: z.ZodType<T>,
): Promise<Probed<T>> {
  const asked = Date.now() / 1000;
  const { stdout, answered } = await runScript(
    ssm,
    instanceId,
    readFileSync(join(__dirname, "../probes", name), "utf8"),
  );
  return { probe: schema.parse(JSON.parse(stdout)), asked, answered };
}

async function runScript(ssm: SSMClient, InstanceId: string, script: string) {
  const { Command } = await ssm.send(
    new SendCommandCommand({
      DocumentName: "AWS-RunShellScript",
      Comment: "npm run doctor: reads, changes nothing",
      InstanceIds: [InstanceId],
      Parameters: { commands: [script], executionTimeout: [String(EXECUTION_SECONDS)] },
      TimeoutSeconds: DELIVERY_SECONDS,
    }),
  );
  const CommandId = Command?.CommandId;
  for (const deadline = Date.now() + (DELIVERY_SECONDS + EXECUTION_SECONDS) * 1000; Date.now() < deadline;) {
    await pause(INTERVAL_MS);
    const ended = await invocation(ssm, { CommandId, InstanceId });
    const answered = Date.now() / 1000;
    if (!ended || RUNNING.includes(ended.Status ?? "")) continue;
    const { Status, StatusDetails, StandardOutputContent = "", StandardErrorContent = "" } = ended;
    if (Status === "Success") return { stdout: StandardOutputContent, answered };
    const said = StandardErrorContent.trim().split("\n").pop();
    throw new Error(`the probe ended as ${StatusDetails}${said ? `: ${said}` : ""}`);
  }
  throw new Error("it took the command and did not end it");
}

async function invocation(ssm: SSMClient, of: { CommandId: string | undefined; InstanceId: string }) {
  try {
    return await ssm.send(new GetCommandInvocationCommand(of));
  } catch (error) {
    // It is not known everywhere at once.
    if ((error as Error).name === "InvocationDoesNotExist") return undefined;
    throw error;
  }
}
