/** command:local:Command. */
import { randomBytes } from "node:crypto";
import { any, boolean, list, map, string, type Operation, type Resource } from "../core/schema";
import type { Values } from "../core/wire";
import { runCommand, type Captured } from "./process";

/** Commands that are a resource's life: one for its creation, one for updates, one for its end. */
export const command: Resource = {
  properties: {
    create: string(),
    update: string(),
    delete: string(),
    dir: string(),
    environment: map(string()),
    interpreter: list(string()),
    logging: string({ oneOf: ["stdout", "stderr", "stdoutAndStderr", "none"] }),
    stdin: string(),
    triggers: list(any(), { forceNew: true }),
    addPreviousOutputInEnv: boolean({ default: true }),
    stdout: string({ output: true, renewed: true }),
    stderr: string({ output: true, renewed: true }),
  },
  // What a command writes may hold any secret that it was given.
  secretOutputs: ({ secrets }) => (secrets.size > 0 ? ["stdout", "stderr"] : []),
  create: async (operation, inputs) => ({
    id: operation.name + randomBytes(4).toString("hex"),
    state: await execute(operation, inputs.create, inputs, {}),
  }),
  read: async (_, _id, known) => known,
  // As the real provider does: without a command for updates the one for the creation runs again.
  update: (operation, _, { old, inputs }) => execute(operation, inputs.update ?? inputs.create, inputs, old),
  delete: async (operation, _, state) => {
    await execute(operation, state.delete, state, state);
  },
};

/** Runs a command; without one, what the last one wrote stays. */
async function execute(operation: Operation, text: Values[string], inputs: Values, before: Values): Promise<Captured> {
  const last = {
    stdout: (before.stdout as string | undefined) ?? "",
    stderr: (before.stderr as string | undefined) ?? "",
  };
  if (text === undefined) return last;
  const previous = inputs.addPreviousOutputInEnv === false ? {} : previousOutput(last);
  return runCommand({
    command: text as string,
    interpreter: inputs.interpreter as string[] | undefined,
    directory: inputs.dir as string | undefined,
    environment: { ...(inputs.environment as Record<string, string> | undefined), ...previous },
    stdin: inputs.stdin as string | undefined,
    show: (stream, line) => {
      const logging = inputs.logging ?? "stdoutAndStderr";
      if (logging === stream || logging === "stdoutAndStderr") operation.log("info", line);
    },
    signal: operation.signal,
  });
}

function previousOutput({ stdout, stderr }: Captured): Record<string, string> {
  return {
    ...(stdout ? { PULUMI_COMMAND_STDOUT: stdout } : {}),
    ...(stderr ? { PULUMI_COMMAND_STDERR: stderr } : {}),
  };
}
