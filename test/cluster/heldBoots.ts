/** New hosts whose boots wait before their first step, so that something can be broken for them first. */
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { eventually } from "./awsCli";
import type { Deployment } from "./deployment";

const GO = "/run/realm-cluster-go";

/** The boot's unit waits. What is in its files of variables is read after that. */
const HOLD = `
mkdir -p /run/systemd/system/realm-cluster-boot.service.d
cat >/run/systemd/system/realm-cluster-boot.service.d/held.conf <<'UNIT'
[Service]
TimeoutStartSec=infinity
ExecStartPre=/bin/sh -c 'until [ -e ${GO} ]; do sleep 0.1; done'
UNIT
`;

/** What was told of a boot that failed. */
export interface Failure {
  host: string;
  /** The reason, and the lines below it. */
  lines: string[];
  /** When, in milliseconds. */
  at: number;
}

export class HeldBoots {
  /** Ids by the hosts' names. */
  private readonly instances = new Map<string, string>();
  /** Since when somebody waits for a host, in milliseconds. */
  readonly awaited = new Map<string, number>();
  /** When a host's boot was seen to have ended a step last, in milliseconds; at first when it was let go. */
  readonly lastStep = new Map<string, number>();
  readonly failures: Failure[] = [];

  constructor(
    private readonly cluster: Deployment,
    private readonly hosts: string[],
  ) {}

  /** Takes in what the engine tells of the update that makes the hosts. */
  readonly onEvent = (event: EngineEvent): void => {
    const { diagnosticEvent: said, resourcePreEvent: began } = event;
    const urn = said?.urn ?? began?.metadata.urn ?? "";
    const host = /::([^:]*)-boot$/.exec(urn)?.[1];
    if (host === undefined) return;
    if (began) this.awaited.set(host, Date.now());
    const message = said?.message.replace(/<\{%[^%]*%\}>/g, "").trim() ?? "";
    if (said?.severity === "info" && / \d+\.\d s$/.test(message)) this.lastStep.set(host, Date.now());
    // Before it is what the gate has printed so far.
    const told = message.search(new RegExp(`^${host} (\\(i-\\w+\\) )?failed`, "m"));
    if (said?.severity !== "error" || told < 0) return;
    const lines = message.slice(told).split("\n");
    this.failures.push({ host, lines: lines.map((line) => line.trim()), at: Date.now() });
  };

  /** Resolves once it was told that a host's boot has failed. */
  async told(name: string): Promise<void> {
    await eventually(
      () => Promise.resolve(this.failureOf(name)),
      (failure) => failure !== undefined,
      60,
    );
  }

  failureOf(name: string): Failure | undefined {
    return this.failures.find(({ host }) => host === name);
  }

  /** Waits until all of them exist and wait, and the deployment waits for them. */
  async held(): Promise<void> {
    await eventually(
      () => this.holdNew(),
      () => this.instances.size === this.hosts.length,
      120,
    );
    const state = "systemctl show --property SubState --value realm-cluster-boot";
    for (const host of this.hosts) {
      const found = await eventually(
        // It has no systemd that answers at first.
        () => this.exec(host, state).catch((error: Error) => error.message),
        (now) => now === "start-pre" || now === "running",
        90,
      );
      if (found === "running") throw new Error(`the boot of ${host} had begun before it could be held`);
    }
    await eventually(
      async () => this.hosts.filter((host) => !this.awaited.has(host)),
      (missing) => missing.length === 0,
      60,
    );
  }

  /** Lets a host's boot begin. */
  async release(host: string): Promise<void> {
    await this.exec(host, `touch ${GO}`);
    this.lastStep.set(host, Date.now());
  }

  instanceId(host: string): string {
    const id = this.instances.get(host);
    if (id === undefined) throw new Error(`${host} has no instance yet`);
    return id;
  }

  /** What a script that runs as root on a host prints. Fails unless it ends well. */
  async exec(host: string, script: string): Promise<string> {
    const { stdout, stderr, code } = await this.cluster.local.exec(this.instanceId(host), ["bash", "-ec", script]);
    if (code !== 0) throw new Error(`${host}: ${script}: exit status ${code}: ${stderr}${stdout}`);
    return stdout.trim();
  }

  /** Puts a file on a host. */
  async copy(host: string, path: string, content: Buffer): Promise<void> {
    // A kernel takes no longer arguments than 128 KiB.
    for (let at = 0; at < content.length; at += 90_000) {
      const part = content.subarray(at, at + 90_000).toString("base64");
      await this.exec(host, `base64 -d <<<${part} >>${path}`);
    }
  }

  /** Between the start of its systemd and the end of cloud-init, which starts the boot, a host has seconds. */
  private async holdNew(): Promise<void> {
    const { instances } = await this.cluster.local.state();
    const isNew = (host: string) => !this.instances.has(host);
    await Promise.all(
      this.hosts.filter(isNew).map(async (host) => {
        const instance = instances.find(({ name, on }) => on && name?.endsWith(`-${host}`));
        if (!instance) return;
        this.instances.set(host, instance.id);
        await this.exec(host, HOLD);
      }),
    );
  }
}
