/** `npm start`: the whole cluster on this machine, from whatever is there already. */
import type { Stack } from "@pulumi/pulumi/automation";
import * as fs from "node:fs/promises";
import { ensureTools } from "../tools";
import { prepareAccount } from "./account";
import { deployedStack, describeEvent, openStack } from "./engine";
import { startLocalAws } from "./localAws";
import { localConfig } from "./overrides";
import { defaultStack, stateDir } from "./paths";
import { readOutputs } from "./outputs";
import { readSettledState } from "./read";
import { recoverLocal } from "./recover";
import type { Report } from "./report";
import { becomeOnlyStarter } from "./starter";
import { enginePath } from "./toolPath";
import { renderState } from "./table";

/**
 * Builds what is missing, starts the local AWS if it does not run, deploys the program to it, and waits for what
 * `pulumi up` waits for: every host's boot report, and the load balancer.
 *
 * @param wanted The stack, by its `Pulumi.<stack>.yaml`. Left out, the one that runs, or else the guide's.
 * @returns The cluster as tables.
 * @throws When something could not be had or started, when the local cluster is another stack's, and when it is not
 *   healthy after the update.
 */
export async function start(report: Report, wanted?: string): Promise<string> {
  const deployed = await deployedStack();
  const stackName = wanted ?? deployed ?? defaultStack;
  if (deployed !== undefined && deployed !== stackName) {
    throw new Error(`the local cluster is the stack ${deployed}; end it before ${stackName} is started: npm stop`);
  }
  const tools = await ensureTools(report);
  await fs.mkdir(stateDir, { recursive: true, mode: 0o700 });
  await becomeOnlyStarter(report);
  const aws = await startLocalAws(tools, report);
  const options = { path: await enginePath(tools), aws: aws.environment };
  const stack = await openStack(options, stackName, async (committed) =>
    localConfig(committed, tools, await prepareAccount(aws.client, committed)),
  );
  await recoverLocal(aws, options.path, stackName, report);
  await update(stack, report);
  const { state, wrong } = await readSettledState(aws, await readOutputs(stack));
  const rendered = renderState(state, wrong);
  if (!state.healthy) throw new Error(rendered);
  return rendered;
}

async function update(stack: Stack, report: Report): Promise<void> {
  report("pulumi up");
  const result = await stack.up({
    onEvent: (event) => {
      const line = describeEvent(event);
      if (line) report(line);
    },
  });
  const { resourceChanges = {} } = result.summary;
  const changes = Object.entries(resourceChanges).map(([operation, count]) => `${count} ${operation}`);
  report(`pulumi up: ${changes.join(", ")}`);
}
