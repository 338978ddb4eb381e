/** A resource's life, for any row of a provider's table: what previews promise, what the state holds, what is a secret. */
import { inputsFrom, stateFrom, withChosen } from "./compare";
import { DEFAULTS } from "./check";
import { diff, type Difference } from "./diff";
import { secretNames, type Operation, type Package, type Properties, type Property, type Resource } from "./schema";
import { UNKNOWN, isObject, mapValues, type Decoded, type Value, type Values } from "./wire";

/** A state, and which of its properties are secrets. */
export interface State extends Decoded {
  id: string;
}

/** A resource that exists but whose making did not end well. */
export class NotReady extends Error {
  /** `state` is what could be learnt of it. */
  constructor(
    message: string,
    readonly state: State,
  ) {
    super(message);
  }
}

/** Runs operations on the rows of one provider's table. */
export class Lifecycle<C extends Operation> {
  /** `context` makes what the operations of this provider get. */
  constructor(
    private readonly definition: Package<C>,
    private readonly context: (operation: Operation) => C,
  ) {}

  /** The row of a type token; refuses a type that is not in the table. */
  row(token: string): Resource<C> {
    return rowOf(this.definition, token);
  }

  /** What a creation would give: inputs, and unknowns for what the provider will tell. */
  previewCreate(token: string, operation: Operation, inputs: Decoded): State {
    const row = this.row(token);
    const promised = promise(row.properties, inputs.values);
    return this.state(row, "", { ...promised, ...this.planned(row, operation, inputs.values) }, inputs);
  }

  /** Creates, waits until it can be used, and reads the state back. */
  async create(token: string, operation: Operation, inputs: Decoded): Promise<State> {
    const row = this.row(token);
    const context = this.context(operation);
    const made = await this.explained("creating", token, () => row.create(context, inputs.values));
    const known = { ...inputs.values, ...made.state };
    try {
      await row.ready?.(context, made.id, inputs.values);
      return await this.readBack(row, token, operation, made.id, known, inputs);
    } catch (error) {
      throw new NotReady(this.definition.explain(error, "creating", token), this.state(row, made.id, known, inputs));
    }
  }

  /** What an update in place would give: the old state with the new inputs in it. */
  previewUpdate(token: string, operation: Operation, id: string, old: Values, inputs: Decoded): State {
    const row = this.row(token);
    const kept = mapValues(old, (value, key) => {
      const property = row.properties[key];
      if (property?.renewed) return UNKNOWN;
      return property?.computed || property?.output ? value : undefined;
    });
    return this.state(
      row,
      id,
      { ...kept, ...inputs.values, ...this.planned(row, operation, inputs.values, old) },
      inputs,
    );
  }

  /** Changes what differs between the old and the new inputs, and reads the state back. */
  async update(
    token: string,
    operation: Operation,
    id: string,
    old: Values,
    oldInputs: Values,
    inputs: Decoded,
  ): Promise<State> {
    const row = this.row(token);
    const { changed } = this.diff(token, operation, old, oldInputs, inputs.values);
    const context = this.context(operation);
    const found = await this.explained("updating", token, async () =>
      row.update?.(context, id, { old, inputs: inputs.values, changed }),
    );
    return this.readBack(
      row,
      token,
      operation,
      id,
      { ...old, ...cleared(row, old), ...inputs.values, ...found },
      inputs,
    );
  }

  /** Reads the state as it is now, with the inputs that would make it so; undefined where the resource is gone. */
  async read(
    token: string,
    operation: Operation,
    id: string,
    known: Decoded,
    inputs?: Decoded,
  ): Promise<{ state: State; inputs: Decoded } | undefined> {
    const row = this.row(token);
    const actual = await this.lookUp(row, token, operation, id, known.values);
    if (!actual) return undefined;
    const secrets = new Set([...known.secrets, ...(inputs?.secrets ?? [])]);
    const given = inputsFrom(row.properties, inputs?.values, actual);
    const values = stateFrom(row.properties, known.values, actual);
    const state = this.state(row, id, values, { values: given, secrets });
    return { state, inputs: { values: given, secrets: state.secrets } };
  }

  /** Deletes; that there is nothing to delete is no error. */
  async delete(token: string, operation: Operation, id: string, state: Values): Promise<void> {
    const row = this.row(token);
    try {
      await row.delete(this.context(operation), id, state);
    } catch (error) {
      if (!this.definition.isGone(error)) throw new Error(this.definition.explain(error, "deleting", token));
    }
  }

  /** The difference between two sets of inputs, and what follows from it for properties that the provider derives. */
  diff(token: string, operation: Operation, old: Values, oldInputs: Values, inputs: Values): Difference {
    const row = this.row(token);
    const difference = diff(row, withChosen(row.properties, oldInputs, old), inputs);
    for (const [key, value] of Object.entries(this.planned(row, operation, inputs, old))) {
      const derived = diff(
        { properties: { [key]: { ...row.properties[key], output: false } }, update: row.update },
        { [key]: old[key] },
        { [key]: value },
      );
      if (difference.changes.size === 0)
        for (const [path, change] of derived.changes) difference.changes.set(path, change);
      for (const name of derived.changed) difference.changed.add(name);
      difference.replaces.push(...derived.replaces);
    }
    return difference;
  }

  private planned(row: Resource<C>, operation: Operation, inputs: Values, old?: Values): Values {
    return row.planned?.(this.context(operation), inputs, old) ?? {};
  }

  private async readBack(
    row: Resource<C>,
    token: string,
    operation: Operation,
    id: string,
    known: Values,
    inputs: Decoded,
  ): Promise<State> {
    const actual = await this.lookUp(row, token, operation, id, known);
    if (!actual) throw new Error(`${token} ${id} is not there after it was made`);
    return this.state(row, id, stateFrom(row.properties, known, actual), inputs);
  }

  private async lookUp(
    row: Resource<C>,
    token: string,
    operation: Operation,
    id: string,
    known: Values,
  ): Promise<Values | undefined> {
    try {
      return await row.read(this.context(operation), id, known);
    } catch (error) {
      if (this.definition.isGone(error)) return undefined;
      throw new Error(this.definition.explain(error, "reading", token));
    }
  }

  private async explained<T>(action: string, token: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new Error(this.definition.explain(error, action, token));
    }
  }

  private state(row: Resource<C>, id: string, values: Values, inputs: Decoded): State {
    const secrets = new Set([
      ...inputs.secrets,
      ...secretNames(row.properties),
      ...(row.secretOutputs?.(inputs) ?? []),
    ]);
    return { id, values: mapValues(values, (value, key) => (key === DEFAULTS ? undefined : value)), secrets };
  }
}

/** The row of a type token; refuses a type that is not in the table. */
export function rowOf<C extends Operation>(definition: Package<C>, token: string): Resource<C> {
  const row = definition.resources[token];
  if (!row) throw new Error(`the stand-in for pulumi-resource-${definition.name} has no resource type ${token}`);
  return row;
}

/** Inputs that the program no longer gives, out of the old state. */
function cleared(row: { properties: Properties }, old: Values): Values {
  const gone = Object.keys(old).filter(
    (key) => row.properties[key] && !row.properties[key].computed && !row.properties[key].output,
  );
  return Object.fromEntries(gone.map((key) => [key, undefined]));
}

/** Inputs with unknowns wherever the provider chooses a value. */
function promise(properties: Properties, inputs: Values): Values {
  const promised: Values = { ...inputs };
  for (const [key, property] of Object.entries(properties)) promised[key] = promiseOf(property, inputs[key]);
  return mapValues(promised, (value) => value);
}

function promiseOf(property: Property, given: Value): Value {
  if (given === undefined) return property.computed || property.output ? UNKNOWN : undefined;
  if (property.type === "object" && isObject(given)) return promise(property.fields!, given);
  return given;
}
