/** `npm run recover` of the local cluster, which `npm start` does by itself: what another one left that was killed is taken into the state. */
import { type Interrupted, recover } from "../../recover";
import { ensureTools } from "../tools";
import { deployedStack, engineEnvironment } from "./engine";
import { type LocalAws, findLocalAws } from "./localAws";
import { Engine } from "../../recover/engine";
import { defaultStack, projectDir } from "./paths";
import type { Report } from "./report";
import { becomeOnlyStarter } from "./starter";
import { enginePath } from "./toolPath";

/**
 * The local cluster that runs, to recover it.
 *
 * @throws when none does, or somebody starts it now
 */
export async function openRecovery(): Promise<Interrupted> {
  const aws = await findLocalAws();
  await becomeOnlyStarter(console.error);
  const path = await enginePath(await ensureTools(console.error));
  return interrupted(aws, path, (await deployedStack()) ?? defaultStack);
}

/** Recovers the local cluster from a start that was killed, if there was one. Its AWS tells at once of what it has made. */
export async function recoverLocal(aws: LocalAws, path: string, stack: string, report: Report): Promise<void> {
  await recover(await interrupted(aws, path, stack), { settleSeconds: 0 }, report);
}

async function interrupted(aws: LocalAws, path: string, stack: string): Promise<Interrupted> {
  const env = { ...process.env, ...(await engineEnvironment({ path, aws: aws.environment })) };
  const engine = { stack, cwd: projectDir, env };
  // A starter that was killed left its lock on the state. There is only one starter, and it is this one.
  await new Engine(engine).run(["cancel", "--yes"]);
  return { engine, aws: aws.client };
}
