/**
 * `npm run recover`: brings a stack's state and AWS together after a run that was killed. The engine notes in the state what it is about to
 * do; what it did not note is whether that was done. What was made and is not known would be made once more by the next `pulumi up`.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Reach } from "../gates/aws";
import { Engine, type EngineOptions } from "./engine";
import { kinds } from "./kinds";
import { outcomeOf } from "./outcome";
import { search } from "./search";
import { type State, parseState, pendingOperations, settle, unverified, wasInterrupted } from "./state";
import { worldOf } from "./world";

/** What is recovered. */
export interface Interrupted {
  engine: EngineOptions;
  /** How AWS is reached, where that differs from what the environment and the stack's provider say. */
  aws?: Reach;
}

export interface RecoverOptions {
  /** How long AWS may take to tell of what it has just made, counted from when the state was last written. */
  settleSeconds: number;
  /** Ids of what creations have made, by the resource's URN, or `none`: what is given is not looked for. */
  given?: Record<string, string>;
}

/**
 * Takes into the state what an interrupted run has made, and has the state say of everything that was under way what AWS says. Nothing is
 * deleted; the next update or destroy goes on from there.
 *
 * @param report gets a line for each thing that was under way
 * @returns whether anything was
 * @throws with the state as it was, when it cannot be told what AWS has, or another run writes the state or holds its lock
 */
export async function recover(
  of: Interrupted,
  { settleSeconds, given = {} }: RecoverOptions,
  report: (line: string) => void,
): Promise<boolean> {
  const engine = new Engine(of.engine);
  const state = await read(engine);
  if (!wasInterrupted(state)) return false;
  const settled = Date.parse(state.deployment.manifest.time) + settleSeconds * 1000;
  await pause(Math.max(0, settled - Date.now()));

  const world = worldOf(state, of.aws, () => lastSuccess(engine));
  const made = await search(state, world, given);
  const next = settle(state, made);
  await refuseOther(engine, state);
  for (const [{ resource }, id] of made) {
    const kind = kinds[resource.type];
    if (kind && "finish" in kind) await kind.finish?.(world, id);
  }
  await engine.run(["stack", "import"], JSON.stringify(next));
  const left = await compare(engine, next);
  for (const operation of pendingOperations(state)) report(outcomeOf(operation, made.get(operation), left));
  return true;
}

const read = async (engine: Engine): Promise<State> => parseState(await engine.run(["stack", "export"]));

/** What a run under way is about to do looks like what one that was killed was; but it goes on writing the state. */
async function refuseOther(engine: Engine, { deployment }: State): Promise<void> {
  const { manifest } = (await read(engine)).deployment;
  if (manifest.time === deployment.manifest.time) return;
  throw new Error("the state was written meanwhile: a run is under way. Nothing was changed; recover once it is over");
}

/** Has the state say of what is marked what AWS says. @returns the state then */
async function compare(engine: Engine, state: State): Promise<State> {
  const targets = [...new Set(unverified(state).map(({ urn }) => urn))];
  if (targets.length === 0) return state;
  const args = targets.flatMap((urn) => ["--target", urn]);
  await engine.run(["refresh", "--yes", "--skip-preview", "--suppress-outputs", ...args]);
  return read(engine);
}

/** When the last update that ended well was over. */
async function lastSuccess(engine: Engine): Promise<Date | undefined> {
  const history = JSON.parse(
    (await engine.run(["stack", "history", "--json", "--page-size", "50"])) || "[]",
  ) as Ended[];
  const good = history.filter(({ kind, result }) => kind === "update" && result === "succeeded");
  const ends = good.map(({ endTime }) => Date.parse(endTime));
  return ends.length > 0 ? new Date(Math.max(...ends)) : undefined;
}

interface Ended {
  kind: string;
  result: string;
  endTime: string;
}
