import { type Digest, type ResourceState, type Step, type Values, changingSteps, nameOf } from "./digest";
import { unifiedDiff } from "./text";
import { isUserData } from "./userData";

/** One thing that is done, to one resource or to several alike. */
export interface Change {
  /** The engine's word for it, such as `replace`. */
  operation: string;
  /** The type as Pulumi displays it, such as `aws:ec2:Instance`. */
  type: string;
  names: string[];
  /** What differs, a line each or a diff. */
  details: string[];
}

/** An unknown value in what the engine prints: a provider tells it only in the update. */
const UNKNOWN = /^(?:04da6b54-80e4-46f7-96ec-b56ff0331ba9|\[unknown\])$/;

/** A digest or the like, which differs for each resource and tells a person only that it is another. */
const DIGEST = /^[0-9a-f]{32,}$/;

/** A value on a line of its own that is longer than this is cut. */
const VALUE_LIMIT = 120;

/** What is done, in the engine's order; what is done alike to several resources is told once. */
export function listChanges(digest: Digest): Change[] {
  const changes = new Map<string, Change>();
  for (const step of changingSteps(digest)) {
    const name = nameOf(step.urn);
    const change = { operation: step.op, type: displayType(step), names: [name], details: detailsOf(step) };
    const key = JSON.stringify({ ...change, names: [] }).replaceAll(name, "NAME");
    const alike = changes.get(key);
    if (alike) alike.names.push(name);
    else changes.set(key, change);
  }
  return [...changes.values()];
}

/** `aws:ec2/instance:Instance` is displayed as `aws:ec2:Instance`. */
function displayType({ newState, oldState }: Step): string {
  return (newState ?? oldState)!.type.replace(/\/[^:/]*:/, ":");
}

function detailsOf({ oldState, newState, diffReasons, detailedDiff }: Step): string[] {
  if (!oldState || !newState) return [];
  const paths = Object.keys(detailedDiff ?? {});
  const all = paths.length > 0 ? paths : (diffReasons ?? []);
  return all.sort().flatMap((path) => detail(path, oldValue(path, oldState), at(newState.inputs, path)));
}

function oldValue(path: string, { inputs, outputs }: ResourceState): unknown {
  return at(inputs, path) ?? at(outputs, path);
}

function detail(path: string, before: unknown, after: unknown): string[] {
  if (isUserData(path)) return [`${path}: as text below`];
  if (typeof after === "string" && UNKNOWN.test(after)) return [`${path}: known after the update`];
  if ([before, after].every((value) => typeof value === "string" && DIGEST.test(value)))
    return [`${path}: another digest`];
  const [old, wanted] = [pretty(before), pretty(after)];
  if (old !== wanted && [old, wanted].some((text) => text.includes("\n"))) {
    return [`${path}:`, ...unifiedDiff(old, wanted)];
  }
  return [`${path}: ${cut(old)} => ${cut(wanted)}`];
}

/** Structures, and JSON in strings such as IAM policies, over several lines. */
function pretty(value: unknown): string {
  if (value === undefined) return "(none)";
  if (typeof value !== "string") return JSON.stringify(value, null, 2);
  if (value === "[secret]") return value;
  const structure = /^\s*[[{]/.test(value) ? parsed(value) : undefined;
  if (structure !== undefined) return JSON.stringify(structure, null, 2);
  return value.includes("\n") ? value : JSON.stringify(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function cut(text: string): string {
  return text.length > VALUE_LIMIT ? `${text.slice(0, VALUE_LIMIT)}...` : text;
}

/** The value at a property path of Pulumi: `a.b`, `a[0]`, `a["b.c"]`. */
function at(values: Values | undefined, path: string): unknown {
  const keys = [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|[^.[\]]+/g)].map(([key, quoted]) => quoted ?? key);
  return keys.reduce<unknown>((value, key) => (value as Values | null | undefined)?.[key], values);
}
