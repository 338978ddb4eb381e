import * as pulumi from "@pulumi/pulumi";
import { Engine } from "./engine";
import { type State, pendingOperations } from "./state";

/**
 * Refuses an update of a stack whose last run was killed while it made something: the engine would warn of it, and make it once more.
 *
 * @throws with what to do
 */
export async function refuseInterrupted(stack: string): Promise<void> {
  // There is no engine that could be asked where the program runs against mocks; a preview makes nothing.
  if (process.env.PULUMI_CONFIG === undefined || pulumi.runtime.isDryRun()) return;
  const state = await exported(stack);
  const open = pendingOperations(state).filter(({ type }) => type === "creating");
  if (open.length === 0) return;
  const what = open.map(({ resource }) => `  ${resource.urn.split("::").pop()} (${resource.type})`);
  throw new Error(
    [
      `the last run of ${stack} was killed while it made this, and this one could make it a second time:`,
      ...what,
      `Nothing was changed. What of it AWS has is taken into the state by: npm run recover -- --stack ${stack}`,
    ].join("\n"),
  );
}

/** The state as the run that is under way found it. */
async function exported(stack: string): Promise<State> {
  const organization = pulumi.getOrganization();
  const name = organization === "organization" ? stack : `${organization}/${pulumi.getProject()}/${stack}`;
  // Pulumi hands its program the configuration in the environment, secrets and all: nobody else needs it.
  const env = { ...process.env, PULUMI_CONFIG: undefined };
  try {
    return JSON.parse(await new Engine({ stack: name, cwd: process.cwd(), env }).run(["stack", "export"])) as State;
  } catch (error) {
    // The engine's own warning has to do.
    pulumi.log.debug(`whether the last run was interrupted could not be asked: ${(error as Error).message}`);
    return { version: 3, deployment: { manifest: { time: "" } } };
  }
}
