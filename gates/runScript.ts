import {
  GetCommandInvocationCommand,
  SendCommandCommand,
  type SSMClient,
  waitUntilCommandExecuted,
} from "@aws-sdk/client-ssm";
import { type HostScript, type ScriptEnd, scriptLines } from "./hostScript";
import type { RunningHost } from "./hosts";

/** Seconds in which a host's SSM agent has to take a command; it asks for them all the time. */
const DELIVERY_SECONDS = 60;

/**
 * Runs a script as root on a host, by Systems Manager, and waits for its end. That it cannot be run is an end too.
 *
 * @param seconds how long it may take
 */
export async function runScript(
  client: SSMClient,
  { instanceId }: RunningHost,
  script: HostScript,
  seconds: number,
): Promise<ScriptEnd> {
  const send = new SendCommandCommand({
    DocumentName: "AWS-RunShellScript",
    InstanceIds: [instanceId],
    TimeoutSeconds: DELIVERY_SECONDS,
    Parameters: { commands: scriptLines(script), executionTimeout: [String(seconds)] },
  });
  try {
    const { Command } = await client.send(send);
    const invocation = { CommandId: Command?.CommandId, InstanceId: instanceId };
    const wait = { client, minDelay: 1, maxDelay: 5, maxWaitTime: DELIVERY_SECONDS + seconds };
    // It throws for every other end than success, and without what the script wrote: the invocation is asked for that.
    await waitUntilCommandExecuted(wait, invocation).catch(() => undefined);
    const end = await client.send(new GetCommandInvocationCommand(invocation));
    const reason = end.StandardErrorContent?.trim() || `Systems Manager says "${end.StatusDetails ?? end.Status}"`;
    return { ok: end.Status === "Success", output: end.StandardOutputContent?.trim() ?? "", reason };
  } catch (error) {
    return { ok: false, output: "", reason: `Systems Manager cannot run commands on it: ${(error as Error).message}` };
  }
}
