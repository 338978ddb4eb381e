/** The realm directory serves only while it is proven to hold its lock: its lease, with a Consul that says what a test wants. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { realmPackages } from "./realmPackages";

jest.setTimeout(60_000);

const LEASE_MS = 600;
const PROGRAM = `
const { createServer } = require("http");
const { Lease } = require("./lease");
const lease = new Lease({ logger: console, leaseMs: ${LEASE_MS}, intervalMs: 50 });
lease.start().then(() => {
  // An answer takes a moment.
  const server = createServer((_, response) => setTimeout(() => response.end("served"), 20));
  lease.guard(server);
  server.listen(0, "127.0.0.1", () => console.log("port", server.address().port));
});
`;

describe("the lease of the realm directory", () => {
  let directory: string;
  let packages: string;
  let consul: Server;
  let session: string | undefined;
  let works: boolean;
  let child: ChildProcess;
  let printed: string;
  let url: string;

  beforeAll(async () => {
    packages = await realmPackages();
    directory = mkdtempSync(join(tmpdir(), "lease-"));
    cpSync(resolve(__dirname, "../../userdata/apps"), directory, { recursive: true });
    writeFileSync(join(directory, "program.js"), PROGRAM);
    writeFileSync(join(directory, "systemd-notify"), `#!/bin/sh\necho "$*" >>${directory}/notified\n`);
    chmodSync(join(directory, "systemd-notify"), 0o755);
    consul = createServer((request, response) => {
      expect(request.url).toBe("/v1/kv/realm-cluster/directory/.lock?consistent");
      response.writeHead(works ? 200 : 500).end(JSON.stringify([{ Session: session, LockIndex: 1 }]));
    }).listen(0, "127.0.0.1");
    await once(consul, "listening");
  }, 300_000);
  afterAll(() => {
    consul.close();
    rmSync(directory, { recursive: true });
  });

  beforeEach(async () => {
    session = "ours";
    works = true;
    printed = "";
    rmSync(join(directory, "notified"), { force: true });
  });
  afterEach(() => child.kill("SIGKILL"));

  /** Runs the program until it serves, or ends. */
  async function start(): Promise<void> {
    const where = { CONSUL_HOST: "127.0.0.1", CONSUL_PORT: String((consul.address() as AddressInfo).port) };
    const env = { ...where, NODE_PATH: packages, PATH: `${directory}:${process.env.PATH}` };
    child = spawn(process.execPath, ["program.js"], { cwd: directory, env, stdio: ["ignore", "pipe", "pipe"] });
    const port = new Promise<string>((found) => {
      const take = (data: Buffer) => {
        printed += data;
        const [, number] = /^port (\d+)$/m.exec(printed) ?? [];
        if (number) found(number);
      };
      child.stdout!.on("data", take);
      child.stderr!.on("data", take);
    });
    url = `http://127.0.0.1:${await Promise.race([port, once(child, "exit")])}/`;
  }
  const ask = () => fetch(url).then((response) => response.text());
  const watchdog = () => {
    const file = join(directory, "notified");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  };
  /** With which status it ends, and why. */
  async function ended(): Promise<{ status: number; reason?: string }> {
    const status = child.exitCode ?? ((await once(child, "close")) as [number])[0];
    return { status, reason: /^fatal: (.*)$/m.exec(printed)?.[1] };
  }

  test("serves and feeds the watchdog as long as the lock is held", async () => {
    await start();
    await pause(2 * LEASE_MS);
    expect(await ask()).toBe("served");
    expect(watchdog().length).toBeGreaterThan(3);
    expect(new Set(watchdog())).toEqual(new Set([`WATCHDOG_USEC=${LEASE_MS * 1000} WATCHDOG=1`]));
  });

  test("outlives questions without an answer, and feeds no watchdog meanwhile", async () => {
    await start();
    works = false;
    await pause(LEASE_MS / 2);
    const fed = watchdog().length;
    expect(await ask()).toBe("served");
    expect(watchdog()).toHaveLength(fed);
    works = true;
    await pause(LEASE_MS);
    expect(await ask()).toBe("served");
    expect(watchdog().length).toBeGreaterThan(fed);
  });

  test("serves nothing once there was no answer for as long as it lasts", async () => {
    await start();
    works = false;
    await pause(LEASE_MS + 100);
    await expect(ask()).rejects.toThrow("fetch failed");
    expect(await ended()).toEqual({ status: 1, reason: expect.stringMatching(/was proven \d+ ms ago/) });
  });

  test.each([
    ["another", "theirs"],
    ["nobody", undefined],
  ])("ends when %s has the lock", async (_, holder) => {
    await start();
    session = holder;
    expect(await ended()).toEqual({ status: 1, reason: "the lock of the realm directory is lost" });
  });

  test("does not begin without the lock", async () => {
    session = undefined;
    await start();
    expect(await ended()).toEqual({ status: 1, reason: "the lock of the realm directory is not held" });
  });

  test.each([
    ["before it came", 0],
    ["while it was worked on", 10],
  ])("answers no request when it hung %s", async (_, milliseconds) => {
    await start();
    const before = ask();
    if (milliseconds === 0) expect(await before).toBe("served");
    else await pause(milliseconds);
    child.kill("SIGSTOP");
    const answer = milliseconds === 0 ? ask() : before;
    const refused = expect(answer).rejects.toThrow("fetch failed");
    await pause(LEASE_MS + 100);
    session = "theirs";
    child.kill("SIGCONT");
    await refused;
    expect(await ended()).toMatchObject({ status: 1 });
  });
});
