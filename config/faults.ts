import * as pulumi from "@pulumi/pulumi";
import { distance } from "fastest-levenshtein";

/** One thing that is wrong with the configuration. */
export interface Fault {
  /** Where: keys joined by dots, such as `consul.servers` or `syncWorkerGroups[0].label`. */
  path: string;
  /** What is wrong there, such as `is 4` or `is missing`. */
  reason: string;
  /** What to write instead, in the imperative. */
  write: string;
}

/** All that is wrong with a configuration, thrown once. Pulumi shows a RunError's message alone, without a stack trace. */
export class ConfigError extends pulumi.RunError {
  /** @param faults at least one, in the order of the configuration's keys */
  constructor(readonly faults: Fault[]) {
    const lines = faults.map(({ path, reason, write }) => `  realm-cluster:${path} ${reason}: ${write}`);
    super(`the configuration has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}:\n${lines.join("\n")}`);
    this.name = "ConfigError";
  }
}

/** Keys as a person writes them: `["a", 0, "b"]` is `a[0].b`. */
export function formatPath(keys: readonly PropertyKey[]): string {
  return keys.reduce<string>((path, key) => {
    if (typeof key === "number") return `${path}[${key}]`;
    return path === "" ? String(key) : `${path}.${String(key)}`;
  }, "");
}

/** The fault of a key that nobody reads: a guess at the one that was meant, or the ones there are. */
export function unknownKey(path: string, key: string, known: readonly string[]): Fault {
  const [nearest] = [...known].sort((a, b) => distance(key, a) - distance(key, b));
  const close = nearest !== undefined && distance(key, nearest) <= Math.max(2, Math.floor(nearest.length / 3));
  const write = close ? `did you mean ${nearest}?` : `write one of ${known.join(", ")}, or remove it`;
  return { path, reason: "is not known", write };
}
