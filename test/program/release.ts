/**
 * Clusters of the last release, kept as the engine's state and the configuration that made it. They were deployed to an AWS that has no
 * hosts, with every gate passed: nothing in them ever booted, which a preview cannot tell.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { EC2 } from "@aws-sdk/client-ec2";
import { parse } from "yaml";
import { accountId } from "../../local/aws/options";
import { prepareAccount } from "../../local/cluster/account";
import { EngineProject, type Project } from "./engineProject";

const repository = join(__dirname, "../..");
const fileOf = (stack: string) => join(__dirname, "release", `${stack}.json.gz`);

/** The program's version. */
export const version = (JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string })
  .version;

export type Config = Record<string, unknown>;

/** A resource in a state, as far as it is read here. */
export interface Resource {
  urn: string;
  type: string;
  inputs?: { name?: string; environment?: Record<string, string> };
}

/** What is kept of a cluster. */
export interface Release {
  /** The program's version. */
  version: string;
  /** The stack's configuration, secrets among it. The account's own ids in it are those of the stack's file. */
  config: Config;
  /** What a host of that version reports when it is ready, with HOST and INSTANCE in place of its names. */
  bootReport: string;
  /** What `pulumi stack export` prints. The passphrase of its secrets is the one of every project of these tests. */
  state: { deployment: { manifest: { plugins?: unknown }; resources: Resource[] } };
}

/** What an operator has to say besides the stack's file. */
const OPERATORS: Record<string, (committed: Config) => Config> = {
  dev: () => ({ "realm-cluster:loadBalancer": { allowedCidrs: ["203.0.113.0/24"] } }),
  // The stand-in of the AWS plugin has no AWS Backup.
  prod: () => ({ "realm-cluster:npmToken": "npm-token", "realm-cluster:backup": {} }),
};

/** The stacks that are kept. */
export const stacks = Object.keys(OPERATORS);

export function readRelease(stack: string): Release {
  return JSON.parse(gunzipSync(readFileSync(fileOf(stack))).toString()) as Release;
}

/** What of this machine is in a text: its name, its loopback, its paths. The letters may be there by chance, inside of base64. */
export function tracesOfMachine(text: string): string[] {
  const traces = [hostname(), "localhost", "127.0.0.1", tmpdir(), repository];
  const alone = (trace: string) => new RegExp(`(?<![\\w+/=.-])${trace.replaceAll(".", "\\.")}(?![\\w+=-])`);
  return traces.filter((trace) => alone(trace).test(text));
}

/** Deploys a cluster by the program of today, and keeps it as the last release's. */
export async function makeRelease(stack: string): Promise<void> {
  const { project, account, release } = await deploy(stack);
  await project.end();
  delete release.state.deployment.manifest.plugins;
  const text = account.toCommitted(JSON.stringify(release));
  const traces = tracesOfMachine(text);
  if (traces.length > 0) throw new Error(`the state of ${stack} has ${traces.join(", ")} in it`);
  writeFileSync(fileOf(stack), gzipSync(text, { level: 9 }));
}

/** A cluster that is not deployed yet. */
export interface Undeployed {
  project: EngineProject;
  account: Account;
  /** With the ids of the stack's file. */
  config: Config;
  /** Removes what passes the gates for it: from then on they wait. */
  endGates(): void;
}

/** What else a project is. */
type More = Pick<Project, "front" | "env">;

/** A project with the repository's program and its configuration, every gate passed. @param more of the project */
export async function undeployed(stack: string, more: More = {}): Promise<Undeployed> {
  const { config: committed } = readYaml(`Pulumi.${stack}.yaml`) as { config: Config };
  const { config: defaults } = readYaml("Pulumi.yaml") as { config: { image: { default: Config } } };
  const image = (committed["realm-cluster:image"] ?? defaults.image.default) as Config;
  const config = {
    ...committed,
    "realm-cluster:featureToken": "feature-token",
    "realm-cluster:image": { ...image, owner: accountId },
    ...OPERATORS[stack](committed),
  };
  const gateless = skippingGates();
  const endGates = () => rmSync(gateless, { recursive: true });
  try {
    const project = await openProject(stack, [gateless], more);
    const account = await Account.prepare(project, config);
    project.configure(account.toLocalConfig(config));
    return { project, account, config, endGates };
  } catch (error) {
    endGates();
    throw error;
  }
}

/** Deploys a cluster by the program of today. The configuration that is returned has the ids of the stack's file. */
export async function deploy(stack: string): Promise<{ project: EngineProject; account: Account; release: Release }> {
  const { project, account, config, endGates } = await undeployed(stack);
  try {
    const made = await project.up();
    if (made.code !== 0) throw new Error(made.text);
    const state = JSON.parse((await project.pulumi("stack", "export")).stdout) as Release["state"];
    const report = { host: "HOST", instanceId: "INSTANCE", bootId: "boot", state: "ready", step: "ready", steps: [] };
    const bootReport = JSON.stringify({ ...report, at: "2026-01-01T00:00:00Z" });
    return { project, account, release: { version, config, bootReport, state } };
  } catch (error) {
    await project.end();
    throw error;
  } finally {
    endGates();
  }
}

/** Ids that an account chooses, and that are other ones in each: what a stack's file has, and what the account of this test has. */
export class Account {
  private constructor(private readonly ids: { committed: string; local: string }[]) {}

  /** Makes what the configuration names: its image, its certificate and its hosted zone. */
  static async prepare(project: EngineProject, config: Config): Promise<Account> {
    const { name: Name } = config["realm-cluster:image"] as { name: string };
    await new EC2(project.aws).registerImage({ Name });
    const { loadBalancer, dns } = await prepareAccount(project.aws, config);
    const { certificateArn } = (config["realm-cluster:loadBalancer"] ?? {}) as { certificateArn?: string };
    const { zoneId } = (config["realm-cluster:dns"] ?? {}) as { zoneId?: string };
    const pairs = [
      { committed: certificateArn, local: loadBalancer?.certificateArn },
      { committed: zoneId, local: dns?.zoneId },
    ];
    return new Account(
      pairs.flatMap(({ committed, local }) =>
        committed !== undefined && local !== undefined ? { committed, local } : [],
      ),
    );
  }

  toLocal = (text: string) => this.ids.reduce((all, { committed, local }) => all.replaceAll(committed, local), text);
  toCommitted = (text: string) =>
    this.ids.reduce((all, { committed, local }) => all.replaceAll(local, committed), text);
  toLocalConfig = (config: Config) => JSON.parse(this.toLocal(JSON.stringify(config))) as Config;
}

/** A project whose program is the repository's. */
export const openProject = (stack: string, path?: string[], more: More = {}) =>
  EngineProject.create({
    ...more,
    settings: { ...(readYaml("Pulumi.yaml") as { name: string }), main: repository },
    stack,
    path,
  });

/** A directory for the PATH, with a `node` in it for which every gate is passed: there are no hosts to wait for. */
function skippingGates(): string {
  const directory = mkdtempSync(join(tmpdir(), "engine-test-gates-"));
  const script = `#!/bin/sh\ncase "$*" in *gates/*) exit 0 ;; esac\nexec "${process.execPath}" "$@"\n`;
  writeFileSync(join(directory, "node"), script);
  chmodSync(join(directory, "node"), 0o755);
  return directory;
}

function readYaml(file: string): unknown {
  return parse(readFileSync(join(repository, file), "utf8"));
}
