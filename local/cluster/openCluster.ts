/** The cluster that runs: its AWS, and its stack's outputs. */
import { ensureTools } from "../tools";
import { openStack } from "./engine";
import { findLocalAws, type LocalAws } from "./localAws";
import { readOutputs, type StackOutputs } from "./outputs";
import { enginePath } from "./toolPath";

/**
 * @throws When the local AWS does not run, or no cluster was deployed to it.
 */
export async function openCluster(): Promise<{ aws: LocalAws; outputs: StackOutputs }> {
  const aws = await findLocalAws();
  const tools = await ensureTools(console.error);
  const stack = await openStack({ path: await enginePath(tools), aws: aws.environment });
  return { aws, outputs: await readOutputs(stack) };
}
