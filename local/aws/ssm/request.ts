import type { Instance } from "../model/model";

/** A refusal of Systems Manager, by the name that its clients know it by. */
export class SsmError extends Error {
  /** @param code as in the answer's `__type`, for example `InvalidInstanceId` */
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What SendCommand asks for. */
export interface CommandRequest {
  documentName: string;
  comment: string;
  /** As they were given, for the answers. */
  parameters: Record<string, string[]>;
  /** The lines of the script. */
  script: string;
  /** Where the script runs; the agent's own directory without it. */
  workingDirectory?: string;
  /** Seconds that the script may take. */
  executionTimeout: number;
  /** Seconds in which the instance has to take the command. */
  deliveryTimeout: number;
  instanceIds: string[];
  targets: Target[];
}

/** A set of instances: `tag:NAME` or `InstanceIds` with one of the values. */
export interface Target {
  key: string;
  values: string[];
}

const DOCUMENT = "AWS-RunShellScript";
/** What is honoured of SendCommand. The pace (MaxConcurrency, MaxErrors) is not: all instances run at once. */
const FIELDS = [
  ...["DocumentName", "DocumentVersion", "InstanceIds", "Targets", "Parameters", "TimeoutSeconds", "Comment"],
  ...["MaxConcurrency", "MaxErrors"],
];
const PARAMETERS = ["commands", "workingDirectory", "executionTimeout"];
const DEFAULT_SECONDS = 3600;

/**
 * Reads the input of SendCommand.
 * @throws SsmError as Systems Manager refuses what is wrong, and for what is not done here
 */
export function parseSendCommand(input: Record<string, unknown>): CommandRequest {
  const unknown = Object.keys(input).filter((field) => !FIELDS.includes(field));
  if (unknown.length > 0)
    throw new SsmError("ValidationException", `the local AWS does not know ${unknown.join(", ")}`);
  const documentName = String(input.DocumentName);
  if (documentName !== DOCUMENT) {
    throw new SsmError("InvalidDocument", `the local AWS has no document ${documentName}, only ${DOCUMENT}`);
  }
  const parameters = parseParameters(input.Parameters);
  const instanceIds = strings("InstanceIds", input.InstanceIds);
  const targets = parseTargets(input.Targets);
  if ((instanceIds.length === 0) === (targets.length === 0)) {
    throw new SsmError("ValidationException", "Either InstanceIds or Targets must be given");
  }
  return {
    documentName,
    comment: typeof input.Comment === "string" ? input.Comment : "",
    parameters,
    script: parameters.commands.join("\n"),
    workingDirectory: parameters.workingDirectory?.[0] || undefined,
    executionTimeout: seconds("executionTimeout", parameters.executionTimeout?.[0], 1, 172_800),
    deliveryTimeout: seconds("TimeoutSeconds", input.TimeoutSeconds, 30, 2_592_000),
    instanceIds,
    targets,
  };
}

/** The instances that targets mean: those of all of them, in EC2 by then. */
export function instancesOf(targets: Target[], instances: Instance[]): string[] {
  const isMeant = ({ id, tags }: Instance, { key, values }: Target) =>
    values.includes(key.startsWith("tag:") ? tags[key.slice("tag:".length)] : id);
  return instances
    .filter(({ state }) => state === "running")
    .filter((instance) => targets.every((target) => isMeant(instance, target)))
    .map(({ id }) => id);
}

function parseParameters(value: unknown): Record<string, string[]> {
  const given = Object.entries((value ?? {}) as Record<string, unknown>);
  const unknown = given.map(([name]) => name).filter((name) => !PARAMETERS.includes(name));
  if (unknown.length > 0) throw new SsmError("InvalidParameters", `document ${DOCUMENT} has no ${unknown.join(", ")}`);
  const parameters = Object.fromEntries(given.map(([name, values]) => [name, strings(name, values)]));
  if (!parameters.commands?.length) throw new SsmError("InvalidParameters", "commands is required");
  return parameters;
}

function parseTargets(value: unknown): Target[] {
  return ((value ?? []) as { Key?: unknown; Values?: unknown }[]).map(({ Key, Values }) => {
    const key = String(Key);
    if (!key.startsWith("tag:") && key.toLowerCase() !== "instanceids") {
      throw new SsmError("InvalidTarget", `the local AWS knows the targets tag:NAME and InstanceIds, not ${key}`);
    }
    return { key, values: strings("Targets", Values) };
  });
}

function strings(name: string, value: unknown): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.some((one) => typeof one !== "string")) {
    throw new SsmError("ValidationException", `${name} is not a list of strings`);
  }
  return value as string[];
}

function seconds(name: string, value: unknown, least: number, most: number): number {
  const number = value === undefined ? DEFAULT_SECONDS : Number(value);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new SsmError("ValidationException", `${name} must be a number of seconds between ${least} and ${most}`);
}
