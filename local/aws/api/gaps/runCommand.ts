import type { Answer, Gap } from "../gap";
import { commandAnswer, invocationAnswer, listedInvocation } from "../../ssm/answers";
import { SsmError } from "../../ssm/request";
import type { RunCommand } from "../../ssm/runCommand";

type Input = Record<string, unknown>;

/** moto only pretends to run commands; here hosts do. */
export const runCommand: Gap = {
  service: "ssm",
  actions: ["SendCommand", "GetCommandInvocation", "ListCommandInvocations", "ListCommands"],
  async answer({ action, input }, machine) {
    try {
      return json(200, await perform(action, input, machine.runCommand));
    } catch (error) {
      if (!(error instanceof SsmError)) throw error;
      return json(400, { __type: error.code, message: error.message });
    }
  },
};

async function perform(action: string, input: Input, commands: RunCommand): Promise<unknown> {
  if (action === "SendCommand") return { Command: commandAnswer(await commands.send(input)) };
  if (action === "GetCommandInvocation") {
    const { command, invocation } = commands.invocation(String(input.CommandId), String(input.InstanceId));
    return invocationAnswer(command, invocation);
  }
  const instanceId = text(input.InstanceId);
  const found = commands.list(text(input.CommandId), instanceId);
  if (action === "ListCommands") return { Commands: found.map(commandAnswer) };
  return {
    CommandInvocations: found.flatMap((command) =>
      command.invocations
        .filter((invocation) => instanceId === undefined || invocation.instanceId === instanceId)
        .map((invocation) => listedInvocation(command, invocation, input.Details === true)),
    ),
  };
}

const text = (value: unknown) => (value === undefined ? undefined : String(value));

function json(status: number, body: unknown): Answer {
  return { status, body: JSON.stringify(body), contentType: "application/x-amz-json-1.1" };
}
