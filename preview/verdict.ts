import { type Digest, type Step, changingSteps, nameOf } from "./digest";

const INSTANCE = "aws:ec2/instance:Instance";
const VOLUME = "aws:ebs/volume:Volume";

/** What an operator wants to know first, in sentences: which hosts go, in which order, and whether data does. */
export function verdict(digest: Digest): string[] {
  const steps = changingSteps(digest);
  const unchanged = digest.changeSummary?.same ?? 0;
  if (steps.length === 0) return [`Nothing changes: ${unchanged} resources stay as they are.`];
  return [countOperations(steps), ...hosts(digest, steps), ...data(steps)];
}

function countOperations(steps: Step[]): string {
  const counts = new Map<string, number>();
  for (const { op } of steps) counts.set(op, (counts.get(op) ?? 0) + 1);
  return `Resources: ${[...counts].map(([op, count]) => `${count} to ${op}`).join(", ")}.`;
}

function hosts(digest: Digest, steps: Step[]): string[] {
  const instances = steps.filter((step) => typeOf(step) === INSTANCE);
  const named = (op: string) => instances.filter((step) => step.op === op).map(({ urn }) => nameOf(urn));
  const replaced = replacementWaves(digest).map((wave) => wave.join(" and "));
  return [
    ...sentence("Hosts made", named("create")),
    ...sentence("Hosts changed without a replacement", named("update")),
    ...(replaced.length > 0 ? [`Hosts replaced: ${replaced.join(", then ")}.`] : []),
    ...sentence("Hosts that go", named("delete")),
  ];
}

/**
 * The instances that are replaced, by what they wait for: those in one wave wait for none of each other, and for one of the
 * wave before.
 */
export function replacementWaves(digest: Digest): string[][] {
  const dependencies = new Map((digest.steps ?? []).map(({ urn, newState }) => [urn, newState?.dependencies ?? []]));
  const replaced = new Set(
    changingSteps(digest)
      .filter((step) => step.op === "replace" && typeOf(step) === INSTANCE)
      .map(({ urn }) => urn),
  );
  const depths = new Map<string, number>();
  /** How many replaced instances there are on the longest way to and including this resource. */
  const depth = (urn: string): number => {
    const known = depths.get(urn);
    if (known !== undefined) return known;
    const below = Math.max(0, ...(dependencies.get(urn) ?? []).map(depth));
    const found = below + (replaced.has(urn) ? 1 : 0);
    depths.set(urn, found);
    return found;
  };
  const waves: string[][] = [];
  for (const urn of replaced) (waves[depth(urn) - 1] ??= []).push(nameOf(urn));
  return waves;
}

/** What happens to the volumes that hold data. */
function data(steps: Step[]): string[] {
  const volumes = steps.filter((step) => typeOf(step) === VOLUME && step.op !== "create");
  if (volumes.length === 0) return ["No data volume is touched."];
  const named = (chosen: (step: Step) => boolean) => volumes.filter(chosen).map(({ urn }) => nameOf(urn));
  const kept = ({ op, oldState }: Step) => op !== "update" && oldState?.retainOnDelete === true;
  return [
    ...sentence(
      "Data volumes changed in place",
      named(({ op }) => op === "update"),
    ),
    ...sentence("Data volumes that leave the stack and stay in AWS", named(kept)),
    ...sentence(
      "DATA VOLUMES DELETED",
      named((step) => step.op !== "update" && !kept(step)),
    ),
  ];
}

const sentence = (what: string, names: string[]) => (names.length > 0 ? [`${what}: ${names.join(", ")}.`] : []);

const typeOf = ({ newState, oldState }: Step) => (newState ?? oldState)?.type;
