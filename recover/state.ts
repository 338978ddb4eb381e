/** A stack's state as `pulumi stack export` prints it: what was under way when its last run was interrupted, and how that ends. Pure. */

/** The inputs of a resource, as the state has them; a secret among them stays encrypted. */
export type Inputs = Record<string, unknown>;

/** A resource in a state, as far as it is read here. */
export interface Resource {
  urn: string;
  type: string;
  id?: string;
  /** Whether a provider has it; components are not. */
  custom?: boolean;
  inputs?: Inputs;
  outputs?: Inputs;
  /** It waits to be deleted: another one took its place. */
  delete?: boolean;
  /** It is deleted already, and its successor not made yet. */
  pendingReplacement?: boolean;
  /** What was not done when it was made; the next update mends that. */
  initErrors?: string[];
  parent?: string;
  dependencies?: string[];
  propertyDependencies?: Record<string, string[] | null>;
  deletedWith?: string;
}

/** What the engine was about to do, or was doing, when it ended. */
export interface Operation {
  type: "creating" | "updating" | "deleting" | "reading" | "importing";
  resource: Resource;
}

/** A stack's state. */
export interface State {
  version: number;
  deployment: {
    /** When it was last written. */
    manifest: { time: string };
    resources?: Resource[];
    pending_operations?: Operation[];
  };
}

/** Reads what `pulumi stack export` prints; a stack to which nothing was ever deployed has no deployment. */
export function parseState(printed: string): State {
  const state = JSON.parse(printed) as State;
  return { ...state, deployment: state.deployment ?? { manifest: { time: new Date(0).toISOString() } } };
}

/** A resource as a person knows it: `consul-01 (aws:ec2/instance:Instance)`. */
export const titleOf = ({ urn, type }: Resource) => `${urn.split("::").pop()} (${type})`;

/** The type of what runs a program, and has nothing in AWS itself. */
export const COMMAND = "command:local:Command";

/** On resources that are to be compared with AWS before anything relies on them: whoever is interrupted in between finds them again. */
export const UNVERIFIED = "interrupted: compare it with AWS (npm run recover)";

/** The operations that were under way; those of components and providers tell nothing that AWS could have. */
export function pendingOperations({ deployment }: State): Operation[] {
  return (deployment.pending_operations ?? []).filter(
    ({ resource }) => resource.custom && !resource.type.startsWith("pulumi:"),
  );
}

/** Whether anything of the last run is still open. */
export function wasInterrupted(state: State): boolean {
  const { pending_operations: pending = [], resources = [] } = state.deployment;
  return pending.length > 0 || unverified(state).length > 0 || resources.some(isOver);
}

/**
 * A resource that is deleted already and waits to be deleted all the same, as its successor was being noted when the run was killed: the engine
 * never forgets it, and breaks on it when what it depends on is deleted.
 */
const isOver = (resource: Resource) => resource.delete === true && resource.pendingReplacement === true;

/** The resources that are still to be compared with AWS. */
export function unverified({ deployment }: State): Resource[] {
  return (deployment.resources ?? []).filter(({ initErrors }) => initErrors?.includes(UNVERIFIED));
}

/** Every id that the state has of a type, also of what waits to be deleted, but not of what is deleted already. */
export function knownIds({ deployment }: State, type: string): Set<string> {
  const same = (deployment.resources ?? []).filter((other) => other.type === type && !other.pendingReplacement);
  return new Set(same.flatMap(({ id }) => id ?? []));
}

/**
 * The state with nothing under way any more: what a creation has made is in it, and all that was under way is marked as to be compared with AWS.
 *
 * @param made the ids of what creations have made; one that is not in it has made nothing
 */
export function settle(state: State, made: Map<Operation, string>): State {
  let resources = (state.deployment.resources ?? []).filter((resource) => !isOver(resource));
  for (const operation of pendingOperations(state)) {
    const id = made.get(operation);
    if (id !== undefined) resources = adopt(resources, operation.resource, id);
    const touched = touchedBy(operation);
    resources = resources.map((resource) => (touched.includes(resource.urn) ? mark(resource) : resource));
  }
  return {
    ...state,
    deployment: { ...state.deployment, resources: inOrder(attached(resources)), pending_operations: [] },
  };
}

/**
 * The URNs of what was there, and is not as it was where the operation was carried out. A command has nothing in AWS of its own; what it does at
 * its end it does to what it depends on: a farewell takes a host out of the load balancer whose attachment is in the state.
 */
function touchedBy({ type, resource }: Operation): string[] {
  const { urn, dependencies = [] } = resource;
  if (type === "deleting" && resource.type === COMMAND) return [urn, ...dependencies];
  return ["updating", "deleting"].includes(type) ? [urn] : [];
}

/** Resources that depend on none that is not there; a run that broke on one that was over leaves such. */
function attached(resources: Resource[]): Resource[] {
  const all = new Set(resources.map(({ urn }) => urn));
  const there = (urns: string[] | null = []) => (urns ?? []).filter((urn) => all.has(urn));
  return resources.map(({ dependencies, propertyDependencies, ...resource }) => ({
    ...resource,
    ...(dependencies && { dependencies: there(dependencies) }),
    ...(propertyDependencies && {
      propertyDependencies: Object.fromEntries(
        Object.entries(propertyDependencies).map(([property, urns]) => [property, there(urns)]),
      ),
    }),
  }));
}

/** What is already deleted has nothing in AWS to be compared with. */
const mark = (resource: Resource): Resource =>
  resource.pendingReplacement ? resource : { ...resource, initErrors: [UNVERIFIED] };

/** Puts in what a creation has made, as the engine would have. */
function adopt(resources: Resource[], created: Resource, id: string): Resource[] {
  // What a provider tells of a resource holds its inputs; the comparison with AWS adds the rest.
  const outputs = Object.entries(created.inputs ?? {}).filter(([key]) => key !== "__defaults");
  const adopted = mark({ ...created, id, outputs: Object.fromEntries(outputs) });
  const current = resources.find(({ urn, delete: ends }) => urn === created.urn && !ends);
  if (!current) return [...resources, adopted];
  const others = resources.filter((resource) => resource !== current);
  if (current.pendingReplacement) return [...others, adopted];
  // A later update has made the same once more: this one is too many.
  if (wantsTheSame(current, created)) return [...resources, { ...adopted, delete: true }];
  return [...others, { ...current, delete: true }, adopted];
}

/** Whether two resources were asked for with the same inputs, apart from the names that the provider made up. */
function wantsTheSame(one: Resource, other: Resource): boolean {
  return given(one.inputs) === given(other.inputs);
}

function given(inputs: Inputs = {}): string {
  const filled = Array.isArray(inputs.__defaults) ? (inputs.__defaults as string[]) : [];
  const own = Object.entries(inputs).filter(([key]) => key !== "__defaults" && !filled.includes(key));
  // The same secret is encrypted to another text every time.
  return JSON.stringify(own.sort(), (key, value: unknown) => (key === "ciphertext" ? "" : value));
}

/** Every resource after those that it depends on, as the engine wants them, and otherwise in the order that they have. */
function inOrder(resources: Resource[]): Resource[] {
  const all = new Set(resources.map(({ urn }) => urn));
  const placed = new Set<string>();
  const ordered: Resource[] = [];
  let left = resources;
  while (left.length > 0) {
    const waiting: Resource[] = [];
    for (const resource of left) {
      if (before(resource).some((urn) => all.has(urn) && !placed.has(urn))) waiting.push(resource);
      else {
        ordered.push(resource);
        placed.add(resource.urn);
      }
    }
    if (waiting.length === left.length) {
      throw new Error(`the state has resources that wait for each other: ${waiting.map(({ urn }) => urn).join(", ")}`);
    }
    left = waiting;
  }
  return ordered;
}

function before({ parent, dependencies = [], propertyDependencies = {}, deletedWith }: Resource): string[] {
  const byProperty = Object.values(propertyDependencies).flatMap((urns) => urns ?? []);
  return [parent, deletedWith, ...dependencies, ...byProperty].filter(
    (urn) => urn !== undefined && urn !== "",
  ) as string[];
}
