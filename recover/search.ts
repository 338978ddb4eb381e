import { kinds } from "./kinds";
import { type Operation, type State, knownIds, pendingOperations } from "./state";
import type { World } from "./world";

/** In place of an id: the creation has made nothing. */
const NONE = "none";

/**
 * What creations of which nobody heard the end have made, as AWS tells it: ids by the creation. One that is not in it has made nothing that is to
 * be kept. It only reads.
 *
 * @param given ids by the resource's URN, or `none`, where a person has looked
 * @throws with everything that cannot be told
 */
export async function search(
  state: State,
  world: World,
  given: Record<string, string>,
): Promise<Map<Operation, string>> {
  const made = new Map<Operation, string>();
  const open = byUrn(pendingOperations(state));
  const faults = Object.keys(given)
    .filter((urn) => !open.has(urn))
    .map((urn) => `${urn}: --made names it, but no creation of it was interrupted`);
  for (const [urn, creations] of open) {
    const { type } = creations[0].resource;
    const taken = new Set([...knownIds(state, type), ...idsOf(made, type)]);
    const found = given[urn] === undefined ? await look(creations, world) : answer(given[urn]);
    const ids = "ids" in found ? [...new Set(found.ids)].filter((id) => !taken.has(id)) : [];
    if ("fault" in found) faults.push(`${urn}: ${found.fault}`);
    // An update that went on without a recovery has made the same once more: so many there may be.
    else if (ids.length > creations.length) {
      const which = "what is of no use has to be deleted, or the right one named";
      faults.push(`${urn}: AWS has ${ids.join(" and ")}, which could each be it: ${which}`);
    } else ids.forEach((id, index) => made.set(creations[index], id));
  }
  if (faults.length === 0) return made;
  const hint = `Nothing was changed. What a creation has made is named with: --made URN=ID, or --made URN=${NONE}`;
  throw new Error(["it cannot be told what AWS has of these:", ...faults, hint].join("\n  "));
}

/** The creations, together where they are of the same resource. */
function byUrn(operations: Operation[]): Map<string, Operation[]> {
  const all = new Map<string, Operation[]>();
  for (const operation of operations.filter(({ type }) => type === "creating")) {
    const { urn } = operation.resource;
    all.set(urn, [...(all.get(urn) ?? []), operation]);
  }
  return all;
}

const idsOf = (made: Map<Operation, string>, type: string) =>
  [...made].flatMap(([{ resource }, id]) => (resource.type === type ? id : []));

type Answer = { ids: string[] } | { fault: string };

const answer = (given: string): Answer => ({ ids: given === NONE ? [] : [given] });

/** What creations of one resource may have made. */
async function look(creations: Operation[], world: World): Promise<Answer> {
  const { type } = creations[0].resource;
  const kind = kinds[type];
  if (!kind) return { fault: `nobody knows how to find ${type}` };
  if ("again" in kind) return { ids: [] };
  if ("ask" in kind) return { fault: `look for it with: ${kind.ask}` };
  const inputs = creations.map(({ resource }) => resource.inputs ?? {});
  if ("id" in kind) return { ids: inputs.map((each) => kind.id(each, world)) };
  const found = await Promise.all(inputs.map((each) => kind.find(world, each)));
  return { ids: found.flat() };
}
