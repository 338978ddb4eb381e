/** How a table of resource types is written down: properties, and what the provider does for each type. */
import type { Decoded, Value, Values } from "./wire";

/** One property of a resource type, as the real provider declares it. */
export interface Property {
  /** `json` is a string whose meaning, not whose spelling, is compared; a `set` is an array whose order means nothing. */
  type: "string" | "number" | "boolean" | "json" | "list" | "set" | "map" | "object" | "any";
  /** The elements of a list, set or map. */
  of?: Property;
  /** The fields of an object. */
  fields?: Properties;
  required?: boolean;
  /** A change needs another resource in this one's place. */
  forceNew?: boolean;
  /** The provider chooses the value where the program gives none, and keeps it. */
  computed?: boolean;
  /** Known only from the provider: not an input. */
  output?: boolean;
  /** An output that every update may change: unknown in its preview. */
  renewed?: boolean;
  /** The value that the provider's Check fills in where the program gives none. */
  default?: Value;
  /** A secret in the state even where the program did not mark it. */
  secret?: boolean;
  /** The only values allowed. */
  oneOf?: readonly string[];
  /** What the service never tells back: the state keeps the program's value. */
  writeOnly?: boolean;
}

/** Properties by name. */
export type Properties = { [name: string]: Property };

/** The properties that are secrets whatever the program says. */
export function secretNames(properties: Properties): Set<string> {
  return new Set(Object.keys(properties).filter((key) => properties[key].secret));
}

type Options = Omit<Property, "type" | "of" | "fields">;

/** A string property. */
export const string = (options: Options = {}): Property => ({ type: "string", ...options });
/** A number property. */
export const number = (options: Options = {}): Property => ({ type: "number", ...options });
/** A boolean property. */
export const boolean = (options: Options = {}): Property => ({ type: "boolean", ...options });
/** A JSON document in a string. */
export const json = (options: Options = {}): Property => ({ type: "json", ...options });
/** A value of any type. */
export const any = (options: Options = {}): Property => ({ type: "any", ...options });
/** An array whose order matters. */
export const list = (of: Property, options: Options = {}): Property => ({ type: "list", of, ...options });
/** An array whose order does not matter. */
export const set = (of: Property, options: Options = {}): Property => ({ type: "set", of, ...options });
/** Values under keys of the program's choosing. */
export const map = (of: Property, options: Options = {}): Property => ({ type: "map", of, ...options });
/** An object of known fields. */
export const object = (fields: Properties, options: Options = {}): Property => ({ type: "object", fields, ...options });

/** Says that an input is not as it should be. */
export interface Failure {
  /** The property's path, such as `ingress[0].fromPort`. */
  property: string;
  reason: string;
}

/** Names that the provider makes where the program gives none: the resource's name and seven hexadecimal digits. */
export interface Autoname {
  property: string;
  /** The longest name that the service takes. */
  maxLength: number;
}

/** What an operation has besides its inputs. */
export interface Operation {
  /** The resource's name in the program. */
  name: string;
  /** Ends when the operation is cancelled, or its custom timeout is over. */
  signal: AbortSignal;
  /** The program's custom timeout, 0 where it has none: waits take their own then. */
  timeoutSeconds: number;
  /** Tells the person at the terminal, under the resource's row. */
  log(severity: "debug" | "info" | "warning" | "error", message: string): void;
}

/** A resource that was made, and what is already known of it. */
export interface Created {
  id: string;
  /** State that `read` cannot find out later, such as a key generated here. */
  state?: Values;
}

/**
 * One row of a provider's table. `C` is what the provider gives its operations, such as API clients. An error from the service
 * that says "there is no such thing" needs no handling here: the provider's `isGone` tells it for `read` and `delete`.
 */
export interface Resource<C extends Operation = Operation> {
  properties: Properties;
  autoname?: Autoname;
  /** Replacements delete first, because two such resources cannot be there at once. */
  deleteBeforeReplace?: boolean;
  /** The alternatives of which exactly one must be given. */
  exactlyOneOf?: string[][];
  /** Properties that may not be given together. */
  conflicts?: string[][];
  /** Turns a change of a property into a replacement, where that depends on the other inputs. */
  forcesReplacement?(property: string, inputs: Values): boolean;
  /** More properties of the state that are secrets, seeing which inputs are. */
  secretOutputs?(inputs: Decoded): string[];
  /** What only this type makes of its inputs in a preview, such as `tagsAll`. */
  planned?(operation: C, inputs: Values, old: Values | undefined): Values;
  create(operation: C, inputs: Values): Promise<Created>;
  /** Waits until a new resource can be used; a failure here leaves the resource in the state, marked as not initialised. */
  ready?(operation: C, id: string, inputs: Values): Promise<void>;
  /** The whole state as the service tells it, or undefined where the resource is gone. `known` is empty in an import. */
  read(operation: C, id: string, known: Values): Promise<Values | undefined>;
  /** Changes in place what `changed` names, and returns what `read` cannot find out. A type without it is only ever replaced. */
  update?(operation: C, id: string, change: Change): Promise<Values | void>;
  delete(operation: C, id: string, state: Values): Promise<void>;
}

/** An update in place. */
export interface Change {
  /** The state before. */
  old: Values;
  /** The inputs wanted now. */
  inputs: Values;
  /** The names of the inputs that differ. */
  changed: ReadonlySet<string>;
}

/** A function of a provider: reads, changes nothing. */
export interface Invoke<C extends Operation = Operation> {
  arguments: Properties;
  call(operation: C, args: Values): Promise<Values>;
}

/** A provider: its configuration and its tables. */
export interface Package<C extends Operation = Operation> {
  name: string;
  /** The release of the provider that it stands in for. */
  version: string;
  config: Properties;
  resources: { [token: string]: Resource<C> };
  invokes: { [token: string]: Invoke<C> };
  /** What operations get, given the provider's configuration. */
  context(config: Values): (operation: Operation) => C;
  /** True for a service's way to say that there is no such thing. */
  isGone(error: unknown): boolean;
  /** An error of the service in the real provider's words. */
  explain(error: unknown, action: string, token: string): string;
}
