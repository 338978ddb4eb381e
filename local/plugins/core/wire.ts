/** Property values as they travel between the engine and a provider, and as a provider wants to see them. */
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

/** What an unknown value (one that only the update will tell) looks like, on the wire and in a provider's hands. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** The key that marks an object as one of the engine's special values. */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";
/** The signature of a secret: `{[SIGNATURE]: SECRET, value}`. */
export const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** A property's value. An absent property is undefined; the engine's null means the same. */
export type Value = string | number | boolean | null | undefined | Value[] | { [key: string]: Value };
/** A resource's inputs or its state. */
export type Values = { [key: string]: Value };

/** Properties as a provider wants them, and which of them were, or held, a secret. */
export interface Decoded {
  values: Values;
  /** Top-level properties that hold a secret at any depth. */
  secrets: Set<string>;
}

/** Tells an object (not an array) from other values. */
export function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True where the value is unknown, or holds an unknown at any depth. */
export function hasUnknown(value: Value): boolean {
  if (Array.isArray(value)) return value.some(hasUnknown);
  if (isObject(value)) return Object.values(value).some(hasUnknown);
  return value === UNKNOWN;
}

function isSecret(value: Value): boolean {
  return isObject(value) && value[SIGNATURE] === SECRET;
}

function holdsSecret(value: Value): boolean {
  if (Array.isArray(value)) return value.some(holdsSecret);
  return isSecret(value) || (isObject(value) && Object.values(value).some(holdsSecret));
}

function reveal(value: Value): Value {
  if (Array.isArray(value)) return value.map(reveal);
  if (!isObject(value)) return value ?? undefined;
  if (isSecret(value)) return reveal(value.value);
  return mapValues(value, reveal);
}

/** Applies a function to each property, leaving out those without a value. */
export function mapValues(values: Values, change: (value: Value, key: string) => Value): Values {
  const entries = Object.entries(values).map(([key, value]) => [key, change(value, key)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Reads a message's properties just as they were sent, secrets in their wrapping. */
export function raw(struct: Struct | undefined): Values {
  return struct ? (struct.toJavaScript() as Values) : {};
}

/** Takes the secrets out of their wrapping, and says where they were. */
export function decode(wrapped: Values): Decoded {
  const secrets = Object.keys(wrapped).filter((key) => holdsSecret(wrapped[key]));
  return { values: mapValues(wrapped, reveal), secrets: new Set(secrets) };
}

/** Wraps the properties that are named as secrets, unless they are. */
export function wrap(values: Values, secrets: ReadonlySet<string>): Values {
  return mapValues(values, (value, key) =>
    secrets.has(key) && value !== undefined && !isSecret(value) ? { [SIGNATURE]: SECRET, value } : value,
  );
}

/** Makes a message of properties, those named wrapped as secrets. */
export function encode(values: Values, secrets: ReadonlySet<string> = new Set()): Struct {
  const wrapped = wrap(values, secrets);
  return Struct.fromJavaScript(withoutUndefined(wrapped) as Parameters<typeof Struct.fromJavaScript>[0]);
}

function withoutUndefined(value: Value): Value {
  if (Array.isArray(value)) return value.map((item) => withoutUndefined(item) ?? null);
  return isObject(value) ? mapValues(value, withoutUndefined) : value;
}
