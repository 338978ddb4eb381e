import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { run } from "../../process";
import { Turns } from "../turns";
import { renderBalancer, type BalancerSpec } from "./config";
import { nextServerState, readTargetHealth, type TargetHealth } from "./serverState";

/** What is to be served, apart from the files that HAProxy's own process has. */
export type ServedSpec = Omit<BalancerSpec, "files"> & {
  files: Omit<BalancerSpec["files"], "socket" | "serverState">;
};

/** The one HAProxy: of every load balancer, and of what hosts reach outside of their VPC. */
export class HAProxy {
  private readonly files: Record<"config" | "candidate" | "pid" | "socket" | "serverState", string>;
  private readonly turns = new Turns();
  private applied = "";

  /** @param dir a directory of its own */
  constructor(dir: string) {
    mkdirSync(dir, { recursive: true });
    this.files = {
      config: join(dir, "haproxy.cfg"),
      candidate: join(dir, "haproxy.cfg.new"),
      pid: join(dir, "haproxy.pid"),
      socket: join(dir, "haproxy.sock"),
      serverState: join(dir, "server-state"),
    };
  }

  /**
   * Serves this and nothing else from now on. A new process takes the listening sockets over, so that no connection is
   * refused; the old one ends when its last connection does. Resolves once the new one listens.
   *
   * @param plan is called when all that was applied before is: one that was made earlier could undo what came between, and two processes
   *   that took over from the same one would both go on listening
   */
  apply(plan: () => Promise<ServedSpec>): Promise<void> {
    return this.turns.take(async () => this.replace(await plan()));
  }

  private async replace(spec: ServedSpec): Promise<void> {
    const full = { ...spec, files: { ...spec.files, ...this.files } };
    const config = renderBalancer(full);
    const pid = this.pid();
    if (config === this.applied && pid !== undefined) return;
    writeFileSync(this.files.candidate, config);
    const previous = pid === undefined ? "" : await this.ask("show servers state");
    writeFileSync(this.files.serverState, nextServerState(previous, spec.backends));
    const handover = pid === undefined ? [] : ["-x", this.files.socket, "-sf", String(pid)];
    await run("haproxy", ["-D", "-f", this.files.candidate, "-p", this.files.pid, ...handover]);
    writeFileSync(this.files.config, config);
    this.applied = config;
  }

  /** Health of every target, by `backend/server`. */
  async targetHealth(): Promise<Map<string, TargetHealth>> {
    return this.pid() === undefined ? new Map() : readTargetHealth(await this.ask("show stat -1 4 -1"));
  }

  /** The last requests that failed, and changes of targets' health, a line each: since its configuration changed. */
  async events(): Promise<string[]> {
    if (this.pid() === undefined) return [];
    return (await this.ask("show events requests")).split("\n").filter(Boolean);
  }

  stop(): void {
    const pid = this.pid();
    if (pid !== undefined) process.kill(pid, "SIGKILL");
  }

  private pid(): number | undefined {
    if (!existsSync(this.files.pid)) return undefined;
    const pid = Number(readFileSync(this.files.pid, "utf8").trim());
    const commandLine = `/proc/${pid}/cmdline`;
    return existsSync(commandLine) && readFileSync(commandLine, "utf8").includes(this.files.pid) ? pid : undefined;
  }

  /** Asks the running process by its runtime API. */
  private async ask(command: string): Promise<string> {
    const socket = createConnection(this.files.socket);
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.end(`${command}\n`);
    await once(socket, "close");
    return Buffer.concat(chunks).toString();
  }
}
