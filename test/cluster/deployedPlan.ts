/** What the program has planned for the cluster that runs: the same pure function, with what the local AWS says. */
import { accountId, machineImage } from "../../local/aws/options";
import { deployedConfig, deployedStack } from "../../local/cluster/engine";
import { parseConfig } from "../../config";
import { type Plan, planCluster } from "../../plan";

const PREFIX = "realm-cluster:";

/**
 * @throws when none runs
 */
export async function deployedPlan(): Promise<Plan> {
  const stack = await deployedStack();
  if (stack === undefined) throw new Error("no cluster was deployed");
  const entries = Object.entries(await deployedConfig(stack))
    .filter(([key]) => key.startsWith(PREFIX))
    .map(([key, value]) => [key.slice(PREFIX.length), value]);
  // It is encrypted there, and nothing is planned by it.
  const config = parseConfig({ ...Object.fromEntries(entries), featureToken: "token" });
  const region = "eu-west-1";
  const facts = {
    region,
    partition: "aws",
    account: accountId,
    zones: ["a", "b", "c"].map((letter) => region + letter),
    imageId: machineImage.id,
    hosts: new Map(),
  };
  return planCluster(config, facts, stack);
}
