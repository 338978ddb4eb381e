import { type ChildProcess, spawn } from "node:child_process";
import { createSign, generateKeyPairSync } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import * as path from "node:path";
import WebSocket from "ws";
import { run } from "../../local/process";
import type { Tools } from "../../local/tools";

const repository = path.resolve(__dirname, "../..");
const consulPort = 18512;

export interface Answer {
  status: number;
  body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- JSON of many shapes
}

export interface Instance {
  address: string;
  tags: string[];
}

/** Consul and the apps as processes on loopback addresses, with a key pair of their own: no hosts, no AWS. */
export class RealmProcesses {
  readonly directory = mkdtempSync(path.join(tmpdir(), "realm-processes-"));
  readonly keys = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  private readonly processes = new Map<string, { child: ChildProcess; log: string }>();

  /**
   * Lays the apps out as a host has them, for Node.js 8 and with the packages that hosts install, and starts Consul.
   */
  async open(tools: Tools): Promise<void> {
    const credentials = { "auth-key": this.keys.privateKey, "auth-pub": this.keys.publicKey };
    const others = { "feature-token": "none: stand-in", "ros-default-password": "pw of realm-admin" };
    mkdirSync(path.join(this.directory, "credentials"));
    for (const [name, value] of Object.entries({ ...credentials, ...others })) {
      writeFileSync(path.join(this.directory, "credentials", name), value);
    }
    cpSync(path.join(repository, "userdata/apps"), this.directory, { recursive: true });
    for (const archive of [tools.mirror.realm.file, tools.mirror.node.file]) {
      await run("tar", ["-xf", path.join(tools.mirror.dir, archive), "-C", this.directory]);
    }
    const ports = ["-dns-port=-1", "-grpc-port=-1", "-grpc-tls-port=-1", "-server-port=18513", "-serf-wan-port=-1"];
    const agent = ["agent", "-dev", "-bind=127.0.0.1", "-serf-lan-port=18514", `-http-port=${consulPort}`, ...ports];
    const log = this.spawn("consul", tools.consul, agent, {});
    await log.line(/New leader elected/);
    await this.lockDirectory();
  }

  /** Holds the lock under which hosts run the realm directory. */
  private async lockDirectory(): Promise<void> {
    const { ID } = (await (await this.put("session/create", { NodeChecks: [] })).json()) as { ID: string };
    await this.put(`kv/realm-cluster/directory/.lock?acquire=${ID}`);
  }

  /** Ends whatever runs still. */
  async close(): Promise<void> {
    for (const name of this.processes.keys()) await this.end(name, "SIGKILL");
    rmSync(this.directory, { recursive: true });
  }

  worker(id: string, address: string, port: number, label = "default"): void {
    this.app(id, "syncWorker", address, port, { SYNC_LABEL: label, SYNC_ID: id, SYNC_ADDRESS: address });
  }

  app(name: string, app: string, address: string, port: number, env: NodeJS.ProcessEnv = {}): void {
    const node = path.join(this.directory, "node-v8.17.0-linux-x64/bin/node");
    this.spawn(name, node, [path.join(this.directory, `${app}.js`)], {
      ...env,
      CONSUL_HOST: "127.0.0.1",
      CONSUL_PORT: String(consulPort),
      CREDENTIALS_DIRECTORY: path.join(this.directory, "credentials"),
      ROS_ADDRESS: address,
      ROS_DATA_PATH: path.join(this.directory, `data-${name}`),
      ROS_LOG_LEVEL: "info",
      ROS_PORT: String(port),
    });
  }

  private spawn(name: string, command: string, args: string[], env: NodeJS.ProcessEnv) {
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const entry = { child, log: "" };
    this.processes.set(name, entry);
    const found = new Map<RegExp, () => void>();
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => {
        entry.log += data;
        for (const [pattern, resolve] of found) if (pattern.test(entry.log)) resolve();
      });
    }
    return { line: (pattern: RegExp) => new Promise<void>((resolve) => found.set(pattern, resolve)) };
  }

  /** Signals a process and waits for its end. @returns its exit status, or the signal that ended it. */
  async end(name: string, signal: NodeJS.Signals): Promise<number | string | null> {
    const entry = this.processes.get(name);
    if (!entry) throw new Error(`nothing is called ${name}`);
    const { child } = entry;
    this.processes.delete(name);
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? child.signalCode;
    const ended = once(child, "exit");
    child.kill(signal);
    const [status, by] = await ended;
    if (status) console.error(`${name} ended with ${status}:\n${entry.log}`);
    return status ?? by;
  }

  signal(name: string, signal: NodeJS.Signals): void {
    this.processes.get(name)?.child.kill(signal);
  }

  /** What every process has printed: shown when a test fails. */
  logs(): string {
    return [...this.processes]
      .filter(([name]) => name !== "consul")
      .map(([name, { log }]) => `--- ${name}\n${log}`)
      .join("\n");
  }

  /** Registers a service of the agent's own, as a file in its configuration would. */
  async register(service: { name: string; tags: string[] }): Promise<void> {
    await this.put("agent/service/register", service);
  }

  async deregister(id: string): Promise<void> {
    await this.put(`agent/service/deregister/${id}`);
  }

  private async put(path: string, body: unknown = {}): Promise<Response> {
    const url = `http://127.0.0.1:${consulPort}/v1/${path}`;
    const answer = await fetch(url, { method: "PUT", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${url}: HTTP ${answer.status}: ${await answer.text()}`);
    return answer;
  }

  /** Waits, by Consul's blocking queries, until the passing instances of a service are as they should be. */
  async until(service: string, wanted: (instances: Instance[]) => boolean, seconds = 40): Promise<Instance[]> {
    const deadline = Date.now() + seconds * 1000;
    for (let index = "0"; ;) {
      const query = `passing=1&index=${index}&wait=${Math.max(1, Math.ceil((deadline - Date.now()) / 1000))}s`;
      const response = await fetch(`http://127.0.0.1:${consulPort}/v1/health/service/${service}?${query}`);
      index = response.headers.get("x-consul-index") ?? "0";
      const entries = (await response.json()) as { Service: { Address: string; Tags: string[] } }[];
      const instances = entries.map(({ Service }) => ({ address: Service.Address, tags: Service.Tags }));
      if (wanted(instances)) return instances;
      if (Date.now() > deadline) {
        throw new Error(
          `${service} in Consul is still ${JSON.stringify(instances)} after ${seconds} s\n${this.logs()}`,
        );
      }
    }
  }

  /** The address of the one master. */
  async master(): Promise<string> {
    const found = await this.until("sync", (all) => all.filter(isMaster).length === 1);
    return found.find(isMaster)!.address;
  }

  /** A token that opens everything, as the program mints it. */
  adminToken(privateKey = this.keys.privateKey): string {
    return this.sign({ identity: "__admin", access: ["download", "upload", "manage"] }, privateKey);
  }

  sign(claims: object, privateKey = this.keys.privateKey): string {
    const json = JSON.stringify({ app_id: "io.realm.auth", salt: "0a1b2c3d", ...claims });
    const signature = createSign("RSA-SHA256").update(json).sign(privateKey, "base64");
    return `${Buffer.from(json).toString("base64")}:${signature}`;
  }
}

export const isMaster = ({ tags }: Instance) => tags.includes("role=master");
export const isSlave = ({ tags }: Instance) => tags.includes("role=slave");

export async function request(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const json = response.headers.get("content-type")?.includes("json");
  return { status: response.status, body: json ? JSON.parse(text) : text };
}

/** POST /auth of the password provider. */
export function logIn(node: string, user: string, password: string, register: boolean): Promise<Answer> {
  const body = { provider: "password", data: user, user_info: { password, register }, app_id: "test" };
  return post(`${node}/auth`, body);
}

export function post(url: string, body: unknown): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  return request(url, { method: "POST", headers, body: JSON.stringify(body) });
}

/** A sync client's connection through a core node: resolves with the status, and the messages as they come. */
export async function connect(node: string, realm: string, token: string): Promise<SyncClient> {
  const url = `${node.replace("http", "ws")}/realm-sync/${encodeURIComponent(realm)}`;
  const headers = { Authorization: `Realm-Access-Token version=1 token="${token}"` };
  const socket = new WebSocket(url, { headers });
  const client = new SyncClient(socket);
  client.status = await new Promise((resolve, reject) => {
    socket.once("upgrade", (response) => resolve(response.statusCode ?? 0));
    socket.once("unexpected-response", (_, response) => resolve(response.statusCode ?? 0));
    socket.once("error", reject);
  });
  return client;
}

export class SyncClient {
  status = 0;
  private readonly arrived: Record<string, unknown>[] = [];
  private closed?: string;
  private wake = () => {};

  constructor(private readonly socket: WebSocket) {
    socket.on("message", (data) => {
      this.arrived.push(JSON.parse(String(data)));
      this.wake();
    });
    socket.on("close", (code, reason) => {
      this.closed = `closed with ${code} ${reason}`;
      this.wake();
    });
  }

  /** The next message. Fails when the connection is closed and has none. */
  async next(): Promise<Record<string, unknown>> {
    while (this.arrived.length === 0) {
      if (this.closed) throw new Error(this.closed);
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return this.arrived.shift()!;
  }

  send(message: unknown): void {
    this.socket.send(JSON.stringify(message));
  }

  async close(): Promise<void> {
    if (this.socket.readyState !== WebSocket.OPEN) return this.socket.terminate();
    this.socket.close();
    await once(this.socket, "close");
  }
}
