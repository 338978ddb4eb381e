/** Whether the cluster is whole, as its operator is told: by `npm run status` and `npm run doctor`. */
import { setTimeout as pause } from "node:timers/promises";
import { collect } from "../../doctor/collect";
import { judge } from "../../doctor/judge";
import type { Finding } from "../../doctor/judge/verdict";
import { defaultStack } from "../../local/cluster/paths";
import { readState } from "../../local/cluster/read";
import type { Deployment } from "../../test/cluster/deployment";

export type { Finding };

/** What the doctor finds wrong now. That a unit was started again in the last minutes is what was done to it. */
export async function findings({ outputs, local }: Deployment): Promise<Finding[]> {
  const facts = await collect({ stack: defaultStack, outputs, aws: local.client });
  return judge(facts)
    .flatMap((verdict) => verdict.findings)
    .filter(({ kind }) => kind !== "unit-restarting");
}

/** Everything that is wrong, each in a few words: first what is asked at once, and the doctor if that is nothing. */
async function ailments(cluster: Deployment): Promise<string[]> {
  try {
    const { wrong } = await readState(cluster.local, cluster.outputs);
    if (wrong.length > 0) return wrong;
    return (await findings(cluster)).map(({ where, what }) => `${where}: ${what}`);
  } catch (error) {
    return [(error as Error).message];
  }
}

/** Waits until nothing is wrong. @returns what is wrong still when the time has passed */
export async function untilWhole(cluster: Deployment, seconds: number): Promise<string[]> {
  for (const deadline = Date.now() + seconds * 1000; ; await pause(500)) {
    const wrong = await ailments(cluster);
    if (wrong.length === 0 || Date.now() > deadline) return wrong;
  }
}
