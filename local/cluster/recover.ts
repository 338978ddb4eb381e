/** `npm run recover` of the local cluster, which `npm start` does by itself: what another one left that was killed is taken into the state. */
import { type Interrupted, recover } from "../../recover";
import { ensureTools } from "../tools";
import { deployedStack, engineEnvironment } from "./engine";
import { type LocalAws, findLocalAws } from "./localAws";
import { defaultStack, projectDir } from "./paths";
import type { Report } from "./report";
import { enginePath } from "./toolPath";

/**
 * The local cluster that runs, to recover it.
 *
 * @throws when none does
 */
export async function openRecovery(): Promise<Interrupted> {
  const aws = await findLocalAws();
  const path = await enginePath(await ensureTools(console.error));
  return interrupted(aws, path, (await deployedStack()) ?? defaultStack);
}

/** Recovers the local cluster from a start that was killed, if there was one. Its AWS tells at once of what it has made. */
export async function recoverLocal(aws: LocalAws, path: string, stack: string, report: Report): Promise<void> {
  await recover(await interrupted(aws, path, stack), { settleSeconds: 0 }, report);
}

async function interrupted(aws: LocalAws, path: string, stack: string): Promise<Interrupted> {
  const env = { ...process.env, ...(await engineEnvironment({ path, aws: aws.environment })) };
  return { engine: { stack, cwd: projectDir, env }, aws: aws.client };
}
