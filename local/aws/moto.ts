import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { machineImage, type StatePaths } from "./options";

/** moto: what the AWS API says there is. It keeps all in memory; a moto that ended takes everything that was made with it. */
export class Moto {
  private child?: ChildProcess;
  /** Where it answers, once started. */
  endpoint = "";

  /** @param onExit is told when it ends without having been asked to */
  constructor(
    private readonly executable: string,
    private readonly paths: StatePaths,
    private readonly onExit: (reason: string) => void,
  ) {}

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
    child.once("exit", (code, signal) => {
      if (this.child !== child) return;
      this.child = undefined;
      this.onExit(`moto ended (${signal ?? `exit ${code}`}): ${lastLines(this.paths.motoLog)}`);
    });
    await this.untilItAnswers();
  }

  async stop(): Promise<void> {
    const child = this.child;
    if (!child) return;
    this.child = undefined;
    const exited = once(child, "exit");
    // It has nothing to write down.
    child.kill("SIGKILL");
    await exited;
  }

  /** A server tells nobody when it begins to listen. */
  private async untilItAnswers(): Promise<void> {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await delay(50)) {
      if (!this.child) throw new Error(`moto did not start: ${lastLines(this.paths.motoLog)}`);
      const answer = await fetch(`${this.endpoint}/moto-api/data.json`).catch(() => undefined);
      await answer?.arrayBuffer();
      if (answer?.ok) return;
    }
    throw new Error(`moto does not answer at ${this.endpoint} after 60 s: ${lastLines(this.paths.motoLog)}`);
  }
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
