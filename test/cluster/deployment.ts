/**
 * The tests' local cluster as a deployment whose configuration can be changed: the real engine, in this process, on the
 * AWS and the state that `npm start` uses.
 */
import * as fs from "node:fs/promises";
import type { EngineEvent, OpType, Stack } from "@pulumi/pulumi/automation";
import { isConsulServer } from "../../gates/hosts";
import {
  type StackConfig,
  deployedConfig,
  deployedStack,
  describeEvent,
  engineEnvironment,
  openStack,
} from "../../local/cluster/engine";
import { type LocalAws, startLocalAws } from "../../local/cluster/localAws";
import { type StackOutputs, readOutputs } from "../../local/cluster/outputs";
import { localConfig } from "../../local/cluster/overrides";
import { readSettledState } from "../../local/cluster/read";
import { defaultStack, projectDir, repository, stateDir } from "../../local/cluster/paths";
import { enginePath } from "../../local/cluster/toolPath";
import { run as runCommand } from "../../local/process";
import { type Tools, ensureTools } from "../../local/tools";
import type { State } from "../../recover/state";
import type { SecretName } from "../../userdata/service";
import { eventually } from "./awsCli";
import { npm } from "./localCluster";
import { forgetSecrets, withSecrets } from "./secretConfig";

/** A change of a configuration. */
export type Change = (config: StackConfig) => StackConfig;

/** One step of the engine that changed something, in the order in which the engine took it. */
export interface Step {
  /** The resource's Pulumi name. */
  name: string;
  /** Its type's token, such as `aws:ec2/instance:Instance`. */
  type: string;
  op: OpType;
}

/** What came of an update. */
export interface Updated {
  ok: boolean;
  changes: Step[];
  /** What the engine and the gates printed. */
  output: string;
}

/** Merges values into one key of a configuration, an object. */
export const setting =
  (key: string, values: Record<string, unknown>): Change =>
  (config) => ({
    ...config,
    [`realm-cluster:${key}`]: { ...(config[`realm-cluster:${key}`] as object | undefined), ...values },
  });

/** Several changes, one after another. */
export const all =
  (...changes: Change[]): Change =>
  (config) =>
    changes.reduce((changed, change) => change(changed), config);

/** How long a host of the tests may take to become ready. */
export const BOOT_TIMEOUT_MINUTES = 4;

/** What Serf says of a member. */
const [LEAVING, FAILED] = [2, 4];

/** The cluster that the tests of day two share: Consul servers, three workers and two core nodes on hosts of their own. */
export const dayTwo: Change = all(
  (config) => {
    return {
      ...config,
      "realm-cluster:placement": "dedicated",
      "realm-cluster:bootTimeoutMinutes": BOOT_TIMEOUT_MINUTES,
    };
  },
  // One that can be searched for: the local cluster's own is no secret.
  (config) => ({ ...config, "realm-cluster:featureToken": "feature-token-of-the-tests" }),
  // Smaller than the default: the volumes' journals are in memory.
  (config) => ({ ...config, "realm-cluster:syncWorkerGroups": [{ label: "default", workers: 3, volumeGiB: 20 }] }),
  setting("coreServices", { nodes: 2 }),
  setting("loadBalancer", { drainSeconds: 10 }),
);

/**
 * The tests' cluster with this configuration on top of Pulumi.dev.yaml's: brought up where none runs, and changed to it
 * where one does.
 *
 * @throws when it does not come up
 */
export async function deployed(base: Change): Promise<Deployment> {
  const tools = await ensureTools(console.error);
  const isOther = (config: StackConfig) =>
    config["realm-cluster:placement"] !== base(config)["realm-cluster:placement"];
  const stack = await deployedStack();
  // A cluster does not change its placement while it lives.
  if (stack !== undefined && isOther(await deployedConfig(stack))) await npm("stop");
  if ((await deployedStack()) === undefined) forgetSecrets();
  await fs.mkdir(stateDir, { recursive: true, mode: 0o700 });
  const deployment = new Deployment(tools, await startLocalAws(tools, console.error), base);
  const { ok, output } = await deployment.up();
  if (!ok) throw new Error(`the tests' cluster did not come up:\n${output}`);
  await deployment.settleMembers();
  return deployment;
}

export class Deployment {
  /** The stack's outputs after the last update that ended well. */
  outputs!: StackOutputs;

  constructor(
    private readonly tools: Tools,
    readonly local: LocalAws,
    private readonly base: Change,
  ) {}

  /**
   * `pulumi up` with a change on top of the base. Never throws for an update that failed.
   *
   * @param parallel how much the engine does at a time, @default what it does by itself: four times the number of processors
   */
  up(change: Change = (config) => config, onEvent?: (event: EngineEvent) => void, parallel?: number): Promise<Updated> {
    return this.update(change, onEvent, async (stack, events) => {
      await stack.up({ onEvent: events, parallel });
      this.outputs = await readOutputs(stack);
    });
  }

  /** `pulumi up --refresh`, which makes anew what is gone from AWS. Never throws for an update that failed. */
  upRefreshed(): Promise<Updated> {
    return this.update(
      (config) => config,
      undefined,
      async (stack, events) => {
        await stack.up({ refresh: true, onEvent: events });
        this.outputs = await readOutputs(stack);
      },
    );
  }

  /** `pulumi preview` with a change on top of the base. Never throws for one that failed. */
  preview(change: Change = (config) => config): Promise<Updated> {
    return this.update(change, undefined, async (stack, events) => {
      await stack.preview({ onEvent: events });
    });
  }

  /** Takes the lock away that an engine left which was killed. */
  async cancel(): Promise<void> {
    await (await this.open((config) => config)).cancel();
  }

  /** The engine's state. */
  async state(): Promise<State> {
    const { deployment, version } = await (await this.open((config) => config)).exportStack();
    return { version, deployment: deployment as State["deployment"] };
  }

  /** `pulumi destroy`. Fails unless it ends well. */
  async destroy(): Promise<void> {
    await (await this.open((config) => config)).destroy();
  }

  /** What `npm run preview` prints with a change on top of the base. Fails unless it ends well. */
  readablePreview(change: Change = (config) => config): Promise<string> {
    return this.command(change, "npm", "run", "--silent", "preview", "--");
  }

  /** What a plain `pulumi ARGUMENTS` prints with a change on top of the base. Fails unless it ends well. */
  pulumi(change: Change, ...args: string[]): Promise<string> {
    return this.command(change, "pulumi", ...args);
  }

  /** Pulumi's state, with its secrets decrypted. */
  async decryptedState(): Promise<unknown> {
    const options = { path: await enginePath(this.tools), aws: this.local.environment };
    return (await (await openStack(options, defaultStack)).exportStack()).deployment;
  }

  /** What a script that runs as root on a host prints. Fails unless it ends well. */
  async exec(hostName: string, script: string): Promise<string> {
    const { stdout, stderr, code } = await this.local.exec(this.instanceId(hostName), ["bash", "-c", script]);
    if (code !== 0) throw new Error(`${hostName}: ${script}: exit status ${code}: ${stderr}${stdout}`);
    return stdout.trim();
  }

  /**
   * What the doctor advises where a Consul server is wrong about a host: it may go on seeing one leave that has come back (hashicorp/serf#662), and
   * one fail that was removed and ended too soon to say so.
   */
  async settleMembers(): Promise<void> {
    const hosts = this.outputs.hosts.map(({ name }) => name);
    for (const server of hosts.filter(isConsulServer)) {
      const members = await this.consul<{ Name: string; Status: number }[]>("agent/members", server);
      const wrong = members.filter(
        ({ Name, Status }) => Status === LEAVING || (Status === FAILED && !hosts.includes(Name)),
      );
      for (const { Name } of wrong) await this.consulCommand(`force-leave ${Name}`, server);
    }
  }

  /** Resolves once all of the cluster does its part; a minute is long. */
  async untilHealthy(): Promise<void> {
    await eventually(
      async () => (await readSettledState(this.local, this.outputs)).wrong,
      (wrong) => wrong.length === 0,
      60,
    );
  }

  /** What Consul answers to `GET /v1/PATH`, asked of the agent of a host with the token that may do anything. */
  async consul<T>(path: string, hostName = "consul-01"): Promise<T> {
    const header = `X-Consul-Token: ${await this.secret("consul-management")}`;
    return JSON.parse(await this.exec(hostName, `curl -fsS -H '${header}' http://127.0.0.1:8500/v1/${path}`)) as T;
  }

  /** What `consul ARGUMENTS` prints on a server, with the token that may do anything. */
  consulCommand(command: string, hostName = "consul-01"): Promise<string> {
    return this.exec(hostName, `CONSUL_HTTP_TOKEN_FILE=/etc/realm-cluster/secrets/consul-management consul ${command}`);
  }

  /** The value of one of the cluster's secrets. */
  async secret(name: SecretName): Promise<string> {
    const { Parameter } = await this.aws<{ Parameter: { Value: string } }>(
      "ssm get-parameter --with-decryption --name",
      `/realm-cluster/${defaultStack}/secrets/${name}`,
    );
    return Parameter.Value;
  }

  /** Runs `aws ARGUMENTS`; returns what it prints, parsed, or undefined where it prints nothing. */
  async aws<T>(command: string, ...values: string[]): Promise<T> {
    const env = { PATH: process.env.PATH, ...this.local.environment, AWS_PAGER: "" };
    const printed = await runCommand("aws", ["--output", "json", ...command.split(" "), ...values], { env });
    return (printed.trim() ? JSON.parse(printed) : undefined) as T;
  }

  /** Asks the load balancer on a connection of its own: one that an earlier test kept may lead to a host that has been replaced since. */
  fetch(
    path: string,
    init: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Response> {
    const headers = { ...init.headers, connection: "close" };
    return fetch(new URL(path, this.outputs.studioUrl), { ...init, headers });
  }

  instanceId(hostName: string): string {
    const host = this.outputs.hosts.find(({ name }) => name === hostName);
    if (!host) throw new Error(`the cluster has no host ${hostName}`);
    return host.instanceId;
  }

  private async update(
    change: Change,
    onEvent: ((event: EngineEvent) => void) | undefined,
    command: (stack: Stack, onEvent: (event: EngineEvent) => void) => Promise<void>,
  ): Promise<Updated> {
    const stack = await this.open(change);
    const changes: Step[] = [];
    const lines: string[] = [];
    const events = (event: EngineEvent) => {
      const metadata = event.resourcePreEvent?.metadata;
      if (metadata && !["same", "read", "refresh"].includes(metadata.op)) {
        changes.push({ name: metadata.urn.split("::").pop()!, type: metadata.type, op: metadata.op });
      }
      const line = describeEvent(event);
      if (line) lines.push(line);
      onEvent?.(event);
    };
    try {
      await command(stack, events);
      return { ok: true, changes, output: lines.join("\n") };
    } catch (error) {
      return { ok: false, changes, output: [...lines, (error as Error).message].join("\n") };
    }
  }

  private async open(change: Change): Promise<Stack> {
    const options = { path: await enginePath(this.tools), aws: this.local.environment };
    return withSecrets((encrypted) =>
      openStack(options, defaultStack, (committed) => encrypted(change(this.base(localConfig(committed, this.tools))))),
    );
  }

  private async command(change: Change, program: string, ...args: string[]): Promise<string> {
    await this.open(change);
    const options = { path: await enginePath(this.tools), aws: this.local.environment };
    const env = { ...process.env, ...(await engineEnvironment(options)) };
    const given = [`--stack=${defaultStack}`, `--cwd=${projectDir}`];
    return runCommand(program, [...args, ...given], { cwd: repository, env });
  }
}
