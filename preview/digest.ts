/** What `pulumi preview --json` prints, as far as it is read here. Secrets in it are the text `[secret]`. */

export type Values = Record<string, unknown>;

/** A resource as it was, or as it will be. */
export interface ResourceState {
  urn: string;
  type: string;
  /** Whether a provider makes it; a component is not. */
  custom: boolean;
  inputs?: Values;
  outputs?: Values;
  /** URNs of what it waits for. */
  dependencies?: string[];
  /** Whether it stays in AWS when it leaves the stack. */
  retainOnDelete?: boolean;
}

/** What is done to one resource. */
export interface Step {
  /** The engine's word for it: `create`, `update`, `replace`, `delete`, `same`, ... */
  op: string;
  urn: string;
  oldState?: ResourceState;
  newState?: ResourceState;
  /** Names of the inputs that differ. */
  diffReasons?: string[] | null;
  /** The paths that differ, such as `tags.Name`, where the provider tells them. */
  detailedDiff?: Record<string, { kind: string; inputDiff: boolean }> | null;
}

export interface Digest {
  steps?: Step[];
  diagnostics?: { urn?: string; message?: string; severity?: string }[];
  /** Number of resources, components among them, by operation. */
  changeSummary?: Record<string, number>;
}

/** The digest in the output of a `pulumi preview --json`, or undefined where there is none: it failed before the engine began. */
export function parseDigest(output: string): Digest | undefined {
  const start = output.indexOf("{");
  return start < 0 ? undefined : (JSON.parse(output.slice(start)) as Digest);
}

/** Steps that change something in AWS. Components are only names for the resources in them. */
export function changingSteps({ steps = [] }: Digest): Step[] {
  const idle = ["same", "read", "refresh"];
  return steps.filter((step) => !idle.includes(step.op) && (step.newState ?? step.oldState)?.custom);
}

/** The resource's Pulumi name. */
export function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}
