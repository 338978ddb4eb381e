/** The cluster that runs: its AWS, and its stack's outputs. */
import { ensureTools } from "../tools";
import { deployedStack, openStack } from "./engine";
import { findLocalAws, type LocalAws } from "./localAws";
import { readOutputs, type StackOutputs } from "./outputs";
import { defaultStack } from "./paths";
import { enginePath } from "./toolPath";

/**
 * @throws When the local AWS does not run, or no cluster was deployed to it.
 */
export async function openCluster(): Promise<{ aws: LocalAws; outputs: StackOutputs }> {
  const aws = await findLocalAws();
  const tools = await ensureTools(console.error);
  const options = { path: await enginePath(tools), aws: aws.environment };
  const stack = await openStack(options, (await deployedStack()) ?? defaultStack);
  return { aws, outputs: await readOutputs(stack) };
}
