import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { machineImage, type StatePaths } from "./options";

/** What a process has to know to take over the moto of another. */
type Left = Pick<Moto, "endpoint" | "cloud"> & { pid: number };

/** moto: what the AWS API says there is. It keeps all in memory; a moto that ended takes everything that was made with it. */
export class Moto {
  private child?: ChildProcess;
  private pid?: number;
  /** Where it answers, once started. */
  endpoint = "";
  /** Tells it from every other moto: what was made is in this one alone. */
  cloud = "";

  /** @param onExit is told when it ends without having been asked to */
  constructor(
    private readonly executable: string,
    private readonly paths: StatePaths,
    private readonly onExit: (reason: string) => void,
  ) {}

  /** Takes over the moto that an earlier process left, with all that it knows. @returns whether there is one */
  async resume(): Promise<boolean> {
    if (!existsSync(this.paths.moto)) return false;
    const left = JSON.parse(readFileSync(this.paths.moto, "utf8")) as Left;
    if (!(await answers(left.endpoint))) return false;
    Object.assign(this, left);
    return true;
  }

  /** Starts it, and resolves once it answers. */
  async start(): Promise<void> {
    writeFileSync(this.paths.images, JSON.stringify([imageDescription]));
    const port = await freePort();
    this.endpoint = `http://127.0.0.1:${port}`;
    const log = openSync(this.paths.motoLog, "a");
    const child = spawn(this.executable, ["--host", "127.0.0.1", "--port", String(port)], {
      stdio: ["ignore", log, log],
      env: {
        ...process.env,
        MOTO_AMIS_PATH: this.paths.images,
        MOTO_IAM_LOAD_MANAGED_POLICIES: "true",
        // A certificate is issued as soon as it is asked for.
        MOTO_ACM_VALIDATION_WAIT: "0",
        PYTHONUNBUFFERED: "1",
      },
    });
    closeSync(log);
    await once(child, "spawn");
    this.child = child;
    this.pid = child.pid;
    child.once("exit", (code, signal) => {
      if (this.child !== child) return;
      this.child = undefined;
      this.pid = undefined;
      this.onExit(`moto ended (${signal ?? `exit ${code}`}): ${lastLines(this.paths.motoLog)}`);
    });
    await this.untilItAnswers();
    this.cloud = randomUUID();
    const { pid, endpoint, cloud } = this;
    writeFileSync(this.paths.moto, JSON.stringify({ pid, endpoint, cloud }));
  }

  stop(): void {
    this.child = undefined;
    // It has nothing to write down.
    if (this.pid !== undefined) process.kill(this.pid, "SIGKILL");
    this.pid = undefined;
  }

  /** A server tells nobody when it begins to listen. */
  private async untilItAnswers(): Promise<void> {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await delay(50)) {
      if (!this.child) throw new Error(`moto did not start: ${lastLines(this.paths.motoLog)}`);
      if (await answers(this.endpoint)) return;
    }
    throw new Error(`moto does not answer at ${this.endpoint} after 60 s: ${lastLines(this.paths.motoLog)}`);
  }
}

async function answers(endpoint: string): Promise<boolean> {
  const answer = await fetch(`${endpoint}/moto-api/data.json`).catch(() => undefined);
  await answer?.arrayBuffer();
  return answer?.ok ?? false;
}

const imageDescription = {
  ami_id: machineImage.id,
  name: machineImage.name,
  owner_id: machineImage.owner,
  description: "Debian with cloud-init, as a host of this machine",
  architecture: "x86_64",
  public: true,
  virtualization_type: "hvm",
  hypervisor: "xen",
  root_device_type: "ebs",
  root_device_name: "/dev/sda1",
  creation_date: "2026-01-01T00:00:00.000Z",
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").trim().split("\n").slice(-3).join(" | ");
}
