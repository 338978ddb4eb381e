import { resolve } from "node:path";
import { LocalWorkspace } from "@pulumi/pulumi/automation";
import type { Deployed } from "./collect";

/**
 * A stack of this project, as whoever is logged in to Pulumi and AWS sees it.
 *
 * @throws when Pulumi cannot read it, or nothing was deployed to it
 */
export async function readStack(stackName: string): Promise<Deployed> {
  const [outputs, config] = await ask(stackName).catch((error: Error) => {
    const lines = error.message.split("\n");
    const said = lines.find((line) => line.startsWith("error: ")) ?? lines.find((line) => line.includes("stderr:"));
    const reason = (said ?? error.message).replace(/^ *(error|stderr): */, "");
    throw new Error(`pulumi could not read the stack ${stackName}: ${reason}`, { cause: error });
  });
  const values = Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value as unknown]));
  if (!values.hosts) throw new Error(`nothing was deployed to the stack ${stackName}: pulumi up --stack ${stackName}`);
  const region = config["aws:region"]?.value;
  return { stack: stackName, outputs: values as Deployed["outputs"], aws: region ? { region } : {} };
}

async function ask(stackName: string) {
  const stack = await LocalWorkspace.selectStack({ stackName, workDir: resolve(__dirname, "..") });
  return Promise.all([stack.outputs(), stack.getAllConfig()]);
}
