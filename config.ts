import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { ConfigError, type Fault, formatPath, unknownKey } from "./config/faults";
import { rules } from "./config/rules";
import { type Config, shape } from "./config/schema";

export { ConfigError, type Fault } from "./config/faults";
export type { Config } from "./config/schema";

type Key = keyof typeof shape;
const KEYS = Object.keys(shape) as Key[];

const SECRET = new Set<string>(["featureToken", "npmToken", "authKey"]);
/** Keys whose value is text as it stands; Pulumi hands every other one over as JSON. */
const TEXT = new Set<string>(["placement", ...SECRET]);

/**
 * Reads a configuration from plain values.
 *
 * @param raw keys without `realm-cluster:`, values as YAML or JSON has them
 * @returns the configuration, complete with its defaults; secrets are Pulumi secrets
 * @throws ConfigError with every fault there is
 */
export function parseConfig(raw: Readonly<Record<string, unknown>>): Config {
  const unknown = Object.keys(raw)
    .filter((key) => !(key in shape))
    .map((key) => unknownKey(key, key, KEYS));
  const { parsed, faults: own } = parseKeys(raw, KEYS);
  const faults = [...unknown, ...own];
  for (const rule of rules) {
    if (rule.reads.every((key) => key in parsed)) {
      faults.push(...rule.check(parsed as Config).filter((fault) => typeof fault === "object"));
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return parsed as Config;
}

/** Each key by itself: what is free of faults, and the faults of the others. */
function parseKeys(raw: Readonly<Record<string, unknown>>, keys: readonly Key[]) {
  const faults: Fault[] = [];
  const parsed: Partial<Record<Key, unknown>> = {};
  for (const key of keys) {
    const result = shape[key].safeParse(raw[key]);
    if (result.success) parsed[key] = result.data;
    else faults.push(...result.error.issues.flatMap((issue) => explain(key, raw[key], issue)));
  }
  return { parsed, faults };
}

/**
 * Reads the configuration of the stack that is being deployed.
 *
 * @throws ConfigError with every fault there is
 */
export function readConfig(): Config {
  return parseConfig(decodeAll(pulumi.getProject(), pulumi.runtime.allConfig()));
}

/**
 * Reads a few keys of a stack that need not be complete otherwise, and need not be one that rules allow.
 *
 * @param values as Pulumi hands them over, secrets in the clear
 * @throws ConfigError with every fault that they have by themselves
 */
export function readKeys<K extends Key>(
  project: string,
  values: Readonly<Record<string, string>>,
  keys: readonly K[],
): Pick<Config, K> {
  const { parsed, faults } = parseKeys(decodeAll(project, values), keys);
  if (faults.length > 0) throw new ConfigError(faults);
  return parsed as Pick<Config, K>;
}

function decodeAll(project: string, values: Readonly<Record<string, string>>): Record<string, unknown> {
  const prefix = `${project}:`;
  const entries = Object.entries(values)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), value] as const)
    .map(([key, value]) => [key, TEXT.has(key) ? value : decode(value)] as const);
  return Object.fromEntries(entries);
}

/** What is not JSON is left as it is, for the schema to refuse by its path. */
function decode(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function explain(key: Key, value: unknown, issue: z.core.$ZodIssue): Fault[] {
  const path = [key, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((name) => unknownKey(formatPath([...path, name]), name, knownKeys(shape[key], issue.path)));
  }
  const found = issue.path.reduce<unknown>((inner, step) => (inner as Record<PropertyKey, unknown>)?.[step], value);
  const shown = SECRET.has(key) ? "is not a valid value" : `is ${JSON.stringify(found)}`;
  const missing = found === undefined || (SECRET.has(key) && found === "");
  const write = wantsObject(issue) ? `write {${knownKeys(shape[key], issue.path).join(", ")}}` : issue.message;
  return [{ path: formatPath(path), reason: missing ? "is missing" : shown, write }];
}

/** Objects have no words of their own for what to write: their keys say it. */
function wantsObject(issue: z.core.$ZodIssue): boolean {
  return issue.code === "invalid_type" && issue.expected === "object";
}

/** The keys of the object at a path inside a schema, through its wrappers (default, optional, transform). */
function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const inner = unwrap(schema);
  const [step, ...rest] = path;
  if (inner instanceof z.ZodArray) return knownKeys(inner.element, rest);
  if (!(inner instanceof z.ZodObject)) return [];
  return step === undefined ? Object.keys(inner.shape) : knownKeys(inner.shape[step as string], rest);
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return unwrap(schema.def.innerType);
  }
  return schema instanceof z.ZodPipe ? unwrap(schema.def.in) : schema;
}
