/** `npm run doctor` of the local cluster: the doctor knows AWS and stacks, and gets both from here. */
import type { Deployed } from "../../doctor/collect";
import { deployedStack } from "./engine";
import { openCluster } from "./openCluster";
import { defaultStack } from "./paths";

/**
 * The local cluster as any deployed one.
 *
 * @throws when none runs
 */
export async function localDeployment(): Promise<Deployed> {
  const { aws, outputs } = await openCluster();
  return { stack: (await deployedStack()) ?? defaultStack, outputs, aws: aws.client };
}
