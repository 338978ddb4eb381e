/** The secrets of a test's configuration as an operator gives them, by `pulumi config set --secret`: in the stack's file they are encrypted. */
import type { Stack } from "@pulumi/pulumi/automation";
import { type StackConfig, deployedConfig } from "../../local/cluster/engine";

const SECRET = "realm-cluster:featureToken";

/** What Pulumi made of a text, for a stack that exists: a command encrypts it, which takes as long as all else that opening a stack does. */
let known: { text: string; cipher: unknown } | undefined;

/** To be told when the stack is gone: another one of its name has another key. */
export function forgetSecrets(): void {
  known = undefined;
}

/**
 * Opens a stack.
 *
 * @param open gets what is to be done to the configuration that it writes
 */
export async function withSecrets(
  open: (encrypted: (config: StackConfig) => StackConfig) => Promise<Stack>,
): Promise<Stack> {
  let text: unknown;
  const encrypted = (config: StackConfig) => {
    text = config[SECRET];
    return { ...config, ...(known?.text === text && { [SECRET]: known?.cipher }) };
  };
  const stack = await open(encrypted);
  if (typeof text !== "string" || known?.text === text) return stack;
  await stack.setConfig(SECRET, { value: text, secret: true });
  known = { text, cipher: (await deployedConfig(stack.name))[SECRET] };
  // The command has written numbers as texts, too.
  return open(encrypted);
}
