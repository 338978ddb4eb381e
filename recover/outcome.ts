import { COMMAND, type Operation, type State, titleOf } from "./state";

/**
 * What became of something that was under way, in a line.
 *
 * @param made the id of what the creation has made, if it has made anything
 * @param after the state, when it has been compared with AWS
 */
export function outcomeOf({ type, resource }: Operation, made: string | undefined, after: State): string {
  const what = `${titleOf(resource)}, interrupted while ${type}:`;
  if (type === "creating") {
    if (made === undefined) return `${what} nothing to keep, the next update makes it`;
    return has(after, resource.urn, made)
      ? `${what} AWS has it, and now the state: ${made}`
      : `${what} AWS had it, and it is gone: ${made}`;
  }
  if (resource.type === COMMAND) return `${what} the next update does it where it is still wanted`;
  // What is noted of an update before it began has no id.
  const there = has(after, resource.urn, resource.id || undefined);
  return there ? `${what} AWS has it, and the state is as AWS says` : `${what} it is gone`;
}

const has = ({ deployment }: State, urn: string, id?: string) =>
  (deployment.resources ?? []).some((other) => other.urn === urn && (id === undefined || other.id === id));
