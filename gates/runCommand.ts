import { setTimeout as pause } from "node:timers/promises";
import {
  GetCommandInvocationCommand,
  type GetCommandInvocationCommandOutput,
  InvocationDoesNotExist,
  type SSMClient,
  SendCommandCommand,
} from "@aws-sdk/client-ssm";

/** Run Command tells of a command's end to EventBridge only. */
const INTERVAL_MS = 500;
const PENDING = ["Pending", "InProgress", "Delayed"];
/** What SSM allows least. */
const DELIVERY_SECONDS = 30;

/**
 * Runs a shell script as root on an instance, by SSM Run Command.
 *
 * @param timeoutSeconds how long it may run
 * @returns what it printed; SSM keeps the first 24,000 characters
 * @throws when the instance could not be reached, or the script did not end well
 */
export async function runCommand(
  client: SSMClient,
  instanceId: string,
  script: string,
  timeoutSeconds: number,
): Promise<string> {
  const sent = await client.send(
    new SendCommandCommand({
      InstanceIds: [instanceId],
      DocumentName: "AWS-RunShellScript",
      Parameters: { commands: [script], executionTimeout: [String(timeoutSeconds)] },
      TimeoutSeconds: DELIVERY_SECONDS,
    }),
  );
  const CommandId = sent.Command!.CommandId!;
  const deadline = Date.now() + (timeoutSeconds + DELIVERY_SECONDS) * 1000;
  for (;;) {
    const found = await invocation(client, CommandId, instanceId);
    if (found?.Status === "Success") return found.StandardOutputContent ?? "";
    if (found && !PENDING.includes(found.Status ?? "")) {
      throw new Error(`a command on ${instanceId} ended as ${found.StatusDetails}: ${found.StandardErrorContent}`);
    }
    if (Date.now() > deadline)
      throw new Error(`a command on ${instanceId} did not end; its agent may not be connected`);
    await pause(INTERVAL_MS);
  }
}

/** Undefined for a moment after it was sent. */
async function invocation(
  client: SSMClient,
  CommandId: string,
  InstanceId: string,
): Promise<GetCommandInvocationCommandOutput | undefined> {
  try {
    return await client.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));
  } catch (error) {
    if (error instanceof InvocationDoesNotExist) return undefined;
    throw error;
  }
}
