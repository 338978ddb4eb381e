/** The real Pulumi engine on this machine: the repository's program, with configuration and state in the state directory. */
import { LocalWorkspace, type EngineEvent, type Stack } from "@pulumi/pulumi/automation";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { parse } from "yaml";
import { projectDir, repository, stateDir } from "./paths";

export interface EngineOptions {
  /** PATH on which `pulumi` and the plugins that are stood in for are found first. */
  path: string;
  /** How the AWS that the program deploys to is reached: AWS_ENDPOINT_URL, AWS_REGION, credentials. */
  aws: Record<string, string>;
}

/** Configuration of a stack by key, as in `Pulumi.<stack>.yaml`. */
export type StackConfig = Record<string, unknown>;

/**
 * The environment of a plain `pulumi` for the local cluster's project, for the Automation API as for a person.
 *
 * @throws When the state directory cannot be written.
 */
export async function engineEnvironment(options: EngineOptions): Promise<Record<string, string>> {
  return {
    ...options.aws,
    PATH: options.path,
    // The file about the state, which the engine would write beside it, is cut off where the engine is killed; then the state cannot be read.
    PULUMI_BACKEND_URL: `file://${stateDir}?metadata=skip`,
    PULUMI_CONFIG_PASSPHRASE_FILE: await passphraseFile(),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // A plugin that is missing is an error to see at once; nothing is fetched behind the operator's back.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}

/**
 * The local cluster's stack, made if it is not there yet.
 *
 * @param stackName The stack, which has its configuration in the repository's `Pulumi.<stackName>.yaml`.
 * @param configure Makes the local configuration from that one. Left out, what was written last stays.
 */
export async function openStack(
  options: EngineOptions,
  stackName: string,
  configure?: (committed: StackConfig) => StackConfig | Promise<StackConfig>,
): Promise<Stack> {
  if (configure) await writeProject(stackName, configure);
  // The Automation API looks for `pulumi` on this process's own PATH, before it knows any environment of the stack's.
  process.env.PATH = options.path;
  return LocalWorkspace.createOrSelectStack(
    { stackName, workDir: projectDir },
    { envVars: await engineEnvironment(options) },
  );
}

/** The stack that the local cluster was last deployed as; undefined where there is none. */
export async function deployedStack(): Promise<string | undefined> {
  const files = await fs.readdir(projectDir).catch(ifMissing<string[]>([]));
  return files.map((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1]).find((name) => name !== undefined);
}

/** The configuration that the local cluster was last deployed with. */
export async function deployedConfig(stackName: string): Promise<StackConfig> {
  return (await readYaml(path.join(projectDir, `Pulumi.${stackName}.yaml`))).config as StackConfig;
}

/**
 * Writes a project of its own beside the state, since a stack's configuration is a file in the project's directory and
 * the repository's is the operator's. The program itself is the repository's.
 */
async function writeProject(
  stackName: string,
  configure: (committed: StackConfig) => StackConfig | Promise<StackConfig>,
): Promise<void> {
  await fs.mkdir(projectDir, { recursive: true, mode: 0o700 });
  const project = await readYaml(path.join(repository, "Pulumi.yaml"));
  const stack = await readYaml(path.join(repository, `Pulumi.${stackName}.yaml`)).catch((error) => {
    if (error.code !== "ENOENT") throw error;
    throw new Error(`there is no stack ${stackName}: the repository has no Pulumi.${stackName}.yaml`);
  });
  const kept = await readYaml(path.join(projectDir, `Pulumi.${stackName}.yaml`)).catch(
    ifMissing<Record<string, unknown>>({}),
  );
  await writeJson(path.join(projectDir, "Pulumi.yaml"), { ...project, main: repository });
  await writeJson(path.join(projectDir, `Pulumi.${stackName}.yaml`), {
    // The salt that the engine wrote at the stack's creation: without it, secrets in the state cannot be read.
    ...(kept.encryptionsalt ? { encryptionsalt: kept.encryptionsalt } : {}),
    config: await configure(stack.config as StackConfig),
  });
}

async function readYaml(file: string): Promise<Record<string, unknown>> {
  return (parse(await fs.readFile(file, "utf8")) ?? {}) as Record<string, unknown>;
}

/** JSON is YAML: the engine reads it, and it needs no care with quoting. */
async function writeJson(file: string, value: unknown): Promise<void> {
  await fs.writeFile(file, JSON.stringify(value, null, 2) + "\n", { mode: 0o600 });
}

async function passphraseFile(): Promise<string> {
  const file = path.join(stateDir, "passphrase");
  await fs.mkdir(stateDir, { recursive: true, mode: 0o700 });
  await fs.writeFile(file, randomBytes(24).toString("base64"), { flag: "wx", mode: 0o600 }).catch((error) => {
    if (error.code !== "EEXIST") throw error;
  });
  return file;
}

function ifMissing<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT") return value;
    throw error;
  };
}

/** A line for a person from an engine event, or undefined where there is nothing to tell. */
export function describeEvent(event: EngineEvent): string | undefined {
  const diagnostic = event.diagnosticEvent;
  // The engine logs much more, at a severity of its own (debug) that its types do not name; that log holds secrets.
  if (diagnostic && ["info", "warning", "error"].includes(diagnostic.severity)) {
    return plain(diagnostic.message) || undefined;
  }
  const failed = event.resOpFailedEvent?.metadata;
  if (failed) return `${failed.op} of ${nameOf(failed.urn)} (${failed.type}) failed`;
  return undefined;
}

/** The engine's messages carry colour directives such as `<{%reset%}>`. */
function plain(message: string): string {
  return message.replace(/<\{%[^%]*%\}>/g, "").trimEnd();
}

function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}
