/** When two property values mean the same, and what a value read from a service says in the program's own words. */
import type { Properties, Property } from "./schema";
import { isObject, mapValues, type Value, type Values } from "./wire";

/** An absent value, or the zero of its type: Terraform's SDK, and so the real provider, cannot tell them apart. */
export function isEmpty(value: Value): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isObject(value)) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === "" || value === false || value === 0;
}

/** Compares as the property's type says: sets without order, JSON by meaning. */
export function equal(property: Property | undefined, a: Value, b: Value): boolean {
  if (isEmpty(a) && isEmpty(b)) return true;
  if (property?.type === "json") return stable(parsed(a)) === stable(parsed(b));
  return stable(canonical(property, a)) === stable(canonical(property, b));
}

function parsed(value: Value): Value {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as Value;
  } catch {
    return value; // not JSON: compared as text
  }
}

function canonical(property: Property | undefined, value: Value): Value {
  if (Array.isArray(value)) {
    const items = value.map((item) => canonical(property?.of, item));
    return property?.type === "set" ? items.sort((a, b) => (stable(a)! < stable(b)! ? -1 : 1)) : items;
  }
  if (isObject(value)) {
    const kept = mapValues(value, (item, key) => canonical(fieldOf(property, key), item));
    return Object.fromEntries(Object.entries(kept).filter(([, item]) => property?.type === "map" || !isEmpty(item)));
  }
  return value ?? undefined;
}

/** JSON with its keys in order. */
function stable(value: Value): string | undefined {
  return JSON.stringify(value, (_key, item) =>
    isObject(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  );
}

/** The declaration of what is under a key: an object's field, or a map's value. */
export function fieldOf(property: Property | undefined, key: string): Property | undefined {
  return property?.fields?.[key] ?? property?.of;
}

/**
 * What a service tells, in the shape and spelling of what is known: only fields that the program gave, its own JSON where that
 * means the same. So a difference that is left is drift.
 */
export function inWordsOf(property: Property, known: Value, actual: Value): Value {
  if (property.writeOnly) return known;
  if (known === undefined || equal(property, known, actual)) return known;
  if (property.type === "object" && isObject(known) && isObject(actual)) {
    return mapValues(known, (value, key) => {
      const field = fieldOf(property, key);
      return field ? inWordsOf(field, value, actual[key]) : value;
    });
  }
  if (property.of && Array.isArray(known) && Array.isArray(actual) && known.length === actual.length) {
    return property.type === "set"
      ? setInWordsOf(property.of, known, actual)
      : listInWordsOf(property.of, known, actual);
  }
  return actual;
}

function listInWordsOf(of: Property, known: Value[], actual: Value[]): Value {
  return known.map((value, index) => inWordsOf(of, value, actual[index]));
}

/** A set's elements have no place: each known one is looked for among the actual ones. */
function setInWordsOf(of: Property, known: Value[], actual: Value[]): Value {
  const found = known.every((value) => actual.some((item) => equal(of, value, inWordsOf(of, value, item))));
  return found ? known : actual;
}

/**
 * The inputs of the last update, and for what the program left to the provider the value that it chose: a program that now
 * gives the same value changes nothing.
 */
export function withChosen(properties: Properties, inputs: Values, state: Values): Values {
  const chosen = Object.entries(properties).map(([key, property]) => {
    const [given, actual] = [inputs[key], state[key]];
    if (given === undefined) return [key, property.computed ? actual : undefined] as const;
    const nested = property.type === "object" && isObject(given) && isObject(actual);
    return [key, nested ? withChosen(property.fields!, given, actual) : given] as const;
  });
  return { ...inputs, ...mapValues(Object.fromEntries(chosen), (value) => value) };
}

/** The inputs that a program would have to give for a resource to be as the service tells: for an import, and to show drift. */
export function inputsFrom(properties: Properties, known: Values | undefined, state: Values): Values {
  if (known) {
    return mapValues(known, (value, key) => {
      const property = properties[key];
      return property && !property.output ? inWordsOf(property, value, state[key]) : value;
    });
  }
  const given = Object.entries(properties).filter(
    ([key, { output, computed }]) => !output && !computed && !isEmpty(state[key]),
  );
  return Object.fromEntries(given.map(([key]) => [key, state[key]]));
}

/** The state to keep: what the service tells, and the program's own value where it does not tell or only spells it differently. */
export function stateFrom(properties: Properties, known: Values, actual: Values): Values {
  const kept = Object.entries(properties).map(([key, property]) => {
    const spelt = property.type === "json" && equal(property, known[key], actual[key]);
    const silent = property.writeOnly || !(key in actual);
    return [key, spelt || silent ? known[key] : actual[key]] as const;
  });
  return Object.fromEntries(kept.filter(([, value]) => value !== undefined && value !== null));
}
