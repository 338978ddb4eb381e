import * as pulumi from "@pulumi/pulumi";
import { Engine } from "./engine";
import { type State, parseState, pendingOperations, titleOf } from "./state";

/**
 * Refuses an update of a stack whose last run was killed while it made something: the engine would warn of it, and make it once more.
 *
 * @throws with what to do
 */
export async function refuseInterrupted(stack: string): Promise<void> {
  // There is no engine that could be asked where the program runs against mocks; a preview makes nothing.
  if (process.env.PULUMI_CONFIG === undefined || pulumi.runtime.isDryRun()) return;
  const state = await exported(stack);
  const open = state ? pendingOperations(state).filter(({ type }) => type === "creating") : [];
  if (open.length === 0) return;
  const what = open.map(({ resource }) => `  ${titleOf(resource)}`);
  throw new Error(
    [
      `the last run of ${stack} was killed while it made this, and this one could make it a second time:`,
      ...what,
      `Nothing was changed. What of it AWS has is taken into the state by: npm run recover -- --stack ${stack}`,
    ].join("\n"),
  );
}

/** The state as the run that is under way found it; undefined where that cannot be asked, which the log tells. */
async function exported(stack: string): Promise<State | undefined> {
  const organization = pulumi.getOrganization();
  const name = organization === "organization" ? stack : `${organization}/${pulumi.getProject()}/${stack}`;
  // Pulumi hands its program the configuration in the environment, secrets and all: nobody else needs it.
  const env = { ...process.env, PULUMI_CONFIG: undefined };
  try {
    return parseState(await new Engine({ stack: name, cwd: process.cwd(), env }).run(["stack", "export"]));
  } catch (error) {
    const reason = (error as Error).message;
    pulumi.log.warn(
      `whether the last run of ${stack} was killed could not be asked, so that nothing is refused: ${reason}`,
    );
    return undefined;
  }
}
