/** Diff: what changes between two sets of inputs, and whether it can be changed in place. Pure. */
import { DEFAULTS } from "./check";
import { equal, fieldOf } from "./compare";
import type { Property, Resource } from "./schema";
import { hasUnknown, isObject, type Value, type Values } from "./wire";

/** One path's change. */
export interface PropertyChange {
  kind: "add" | "delete" | "update";
  /** Whether it needs a new resource. */
  replace: boolean;
}

/** What Diff answers. */
export interface Difference {
  /** By path, such as `tags.Name` or `rootBlockDevice.volumeSize`. */
  changes: Map<string, PropertyChange>;
  /** The inputs that differ. */
  changed: Set<string>;
  /** The inputs that need a new resource. */
  replaces: string[];
  deleteBeforeReplace: boolean;
}

/** Compares the inputs of the last update with those wanted now. */
export function diff(
  resource: Pick<Resource, "properties" | "autoname" | "deleteBeforeReplace" | "forcesReplacement" | "update">,
  olds: Values,
  news: Values,
): Difference {
  const changes = new Map<string, PropertyChange>();
  const changed = new Set<string>();
  const replaces: string[] = [];
  for (const key of new Set([...Object.keys(olds), ...Object.keys(news)])) {
    const property = resource.properties[key];
    if (!property || property.output || key === DEFAULTS) continue;
    const paths = compare(property, olds[key], news[key], key);
    if (paths.length === 0) continue;
    changed.add(key);
    const all = resource.forcesReplacement?.(key, news) || !resource.update;
    for (const [path, change] of paths) changes.set(path, { ...change, replace: change.replace || all });
    if (all || paths.some(([, change]) => change.replace)) replaces.push(key);
  }
  return {
    changes,
    changed,
    replaces,
    deleteBeforeReplace: replaces.length > 0 && mustDeleteFirst(resource, olds, news),
  };
}

/** A name that the program chose, and keeps, cannot belong to the old and the new resource at once. */
function mustDeleteFirst(
  resource: Pick<Resource, "autoname" | "deleteBeforeReplace">,
  olds: Values,
  news: Values,
): boolean {
  if (resource.deleteBeforeReplace) return true;
  const name = resource.autoname?.property;
  if (!name) return false;
  const made = Array.isArray(news[DEFAULTS]) && news[DEFAULTS].includes(name);
  return !made && olds[name] === news[name];
}

type Paths = [string, PropertyChange][];

function compare(property: Property, old: Value, wanted: Value, path: string, parentForcesNew = false): Paths {
  const replace = parentForcesNew || property.forceNew === true;
  if (wanted === undefined && (property.computed || property.writeOnly)) return [];
  if (!hasUnknown(wanted) && equal(property, old, wanted)) return [];
  if (property.type === "object" || property.type === "map") {
    const [before, after] = [old ?? {}, wanted ?? {}];
    if (isObject(before) && isObject(after)) {
      return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => {
        const field = fieldOf(property, key);
        return field ? compare(field, before[key], after[key], `${path}.${key}`, replace) : [];
      });
    }
  }
  if (property.type === "list" && Array.isArray(old) && Array.isArray(wanted) && old.length === wanted.length) {
    return wanted.flatMap((item, index) => compare(property.of!, old[index], item, `${path}[${index}]`, replace));
  }
  const kind = old === undefined ? "add" : wanted === undefined ? "delete" : "update";
  return [[path, { kind, replace }]];
}
