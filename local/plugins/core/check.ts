/** Check: are these the inputs of this type, and what does the provider fill in? Pure. */
import { secretNames, type Autoname, type Failure, type Properties, type Property, type Resource } from "./schema";
import { UNKNOWN, decode, hasUnknown, isObject, wrap, type Value, type Values } from "./wire";

/** The inputs that the provider filled in, so that the next Check can tell them from the program's; the engine hides it. */
export const DEFAULTS = "__defaults";

/** What Check is asked. */
export interface CheckRequest {
  /** The resource's name in the program. */
  name: string;
  /** The inputs of the last update, if there was one. Secrets stay in their wrapping. */
  olds: Values;
  /** The inputs of the program. */
  news: Values;
  /** What made-up names come of: the same in a preview and the update that follows. */
  seed: Uint8Array;
}

/** Validates the inputs of a resource and adds names and defaults. Failures name the property's path. */
export function check(
  token: string,
  resource: Pick<Resource, "properties" | "autoname" | "conflicts" | "exactlyOneOf">,
  request: CheckRequest,
): { inputs: Values; failures: Failure[] } {
  const inputs = { ...request.news };
  delete inputs[DEFAULTS];
  const filled: string[] = [];
  const fill = (key: string, value: Value) => {
    if (inputs[key] !== undefined && inputs[key] !== null) return;
    inputs[key] = value;
    filled.push(key);
  };
  for (const [key, property] of Object.entries(resource.properties)) {
    if (property.default !== undefined) fill(key, property.default);
  }
  if (resource.autoname) fill(resource.autoname.property, nameFor(resource.autoname, request));
  if (filled.length > 0) inputs[DEFAULTS] = filled;

  const { values } = decode(inputs);
  return {
    inputs: wrap(inputs, secretNames(resource.properties)),
    failures: [...validate(resource.properties, values, token), ...together(resource, values)],
  };
}

/** Keeps the name that an earlier Check made up; makes one otherwise. */
function nameFor({ property, maxLength }: Autoname, { name, olds, seed }: CheckRequest): Value {
  const before = olds[DEFAULTS];
  if (Array.isArray(before) && before.includes(property) && olds[property]) return olds[property];
  const digits = Buffer.from(seed).toString("hex").slice(0, 7);
  return `${name.slice(0, maxLength - digits.length - 1)}-${digits}`;
}

/** Checks values against declarations: nothing unknown, nothing mistyped, nothing missing. */
export function validate(properties: Properties, values: Values, owner: string, path = ""): Failure[] {
  const at = (key: string) => (path ? `${path}.${key}` : key);
  const given = Object.entries(values).filter(([key]) => key !== DEFAULTS);
  const failures = given.flatMap(([key, value]) => {
    const property = properties[key];
    if (!property)
      return [{ property: at(key), reason: `${owner} has no property of this name that this stand-in offers` }];
    if (property.output) return [{ property: at(key), reason: "is set by the provider and cannot be given" }];
    return validateValue(property, value, at(key), owner);
  });
  const missing = Object.entries(properties).filter(([key, { required }]) => required && values[key] === undefined);
  return [...failures, ...missing.map(([key]) => ({ property: at(key), reason: `${owner} needs this property` }))];
}

function validateValue(property: Property, value: Value, path: string, owner: string): Failure[] {
  if (value === UNKNOWN || value === undefined || property.type === "any") return [];
  const wrong = (expected: string) => [{ property: path, reason: `must be ${expected}, not ${describe(value)}` }];
  switch (property.type) {
    case "list":
    case "set":
      if (!Array.isArray(value)) return wrong("an array");
      return value.flatMap((item, index) => validateValue(property.of!, item, `${path}[${index}]`, owner));
    case "map":
      if (!isObject(value)) return wrong("an object");
      return Object.entries(value).flatMap(([key, item]) => validateValue(property.of!, item, `${path}.${key}`, owner));
    case "object":
      return isObject(value) ? validate(property.fields!, value, owner, path) : wrong("an object");
    case "json":
      return typeof value === "string" && isJson(value) ? [] : wrong("a JSON document in a string");
    default:
      if (typeof value !== property.type) return wrong(`a ${property.type}`);
      if (property.oneOf && !property.oneOf.includes(value as string))
        return wrong(`one of ${property.oneOf.join(", ")}`);
      return [];
  }
}

function describe(value: Value): string {
  if (Array.isArray(value)) return "an array";
  return isObject(value) ? "an object" : JSON.stringify(value);
}

function isJson(text: string): boolean {
  if (text.includes(UNKNOWN)) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Properties that exclude each other, and those of which one is needed. */
function together(
  { conflicts = [], exactlyOneOf = [] }: Pick<Resource, "conflicts" | "exactlyOneOf">,
  values: Values,
): Failure[] {
  const given = (keys: string[]) => keys.filter((key) => values[key] !== undefined);
  const clashing = conflicts
    .map(given)
    .filter((keys) => keys.length > 1)
    .map(([first, ...others]) => ({ property: first, reason: `cannot be given together with ${others.join(", ")}` }));
  const unmet = exactlyOneOf
    .filter((keys) => given(keys).length !== 1 && !keys.some((key) => hasUnknown(values[key])))
    .map((keys) => ({ property: keys[0], reason: `exactly one of ${keys.join(", ")} must be given` }));
  return [...clashing, ...unmet];
}
