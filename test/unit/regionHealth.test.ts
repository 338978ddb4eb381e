/** A core node's plain `/health`, with a Consul that says what a test wants. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { realmPackages } from "./realmPackages";

const apps = resolve(__dirname, "../../userdata/apps");
const PROGRAM = `
const health = require("${apps}/regionHealth").regionHealth(console);
const tell = async () => console.log("healthy", await health.healthClient.hasServerStarted());
`;
const ONCE = "health.start({}).then(tell);";
/** Again at once, and after as many milliseconds as it says. */
const again = (milliseconds: number) => `
const now = Date.now;
health.start({}).then(tell).then(tell).then(() => (Date.now = () => now() + ${milliseconds})).then(tell);
`;

const worker = (label: string) => ({ Service: { Tags: [`label=${label}`] } });
const master = (label: string) => ({ Service: { Tags: [`label=${label}`, "role=master"] } });

describe("the region's health", () => {
  let packages: string;
  let consul: Server;
  let asked: string[];
  let workers: object[];
  let masters: object[];
  /** How long ago the server that answers has heard from Consul's leader. */
  let age: number;
  /** So many questions are answered, the others refused. */
  let answers: number;

  beforeAll(async () => {
    packages = await realmPackages();
    consul = createServer(({ url = "" }, response) => {
      if (asked.push(url) > answers) return response.writeHead(500).end("no server");
      response.setHeader("X-Consul-LastContact", age);
      response.end(JSON.stringify(url.includes("/sync-worker") ? workers : masters));
    }).listen(0, "127.0.0.1");
    await once(consul, "listening");
  }, 300_000);
  afterAll(() => consul.close());

  beforeEach(() => {
    asked = [];
    workers = [worker("default"), worker("archive")];
    masters = [master("default"), master("archive")];
    age = 0;
    answers = Infinity;
  });

  /** What the process says, but for the stand-in of the SDK, which says that it is one. */
  async function told(asks = ONCE): Promise<string[]> {
    const { port } = consul.address() as AddressInfo;
    const env = { CONSUL_HOST: "127.0.0.1", CONSUL_PORT: String(port), NODE_PATH: packages, PATH: process.env.PATH };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["-e", PROGRAM + asks], { env });
    return (stdout + stderr)
      .trim()
      .split("\n")
      .filter((line) => !line.includes("STAND-IN"));
  }

  test("is good while every group has a master", async () => {
    expect(await told()).toEqual(["healthy true"]);
  });

  test("is bad while a group that hosts are for has none", async () => {
    masters = [master("default")];
    expect(await told()).toEqual(["healthy false", "no sync master for label=archive"]);
  });

  test("stays good while Consul elects a leader, and is bad when it has had none for long", async () => {
    age = 5000;
    expect(await told()).toEqual(["healthy true"]);
    expect(asked.every((url) => /[?&]stale\b/.test(url))).toBe(true);
    age = 60_000;
    expect(await told()).toEqual([
      "healthy false",
      "whether every group has a sync master is not known: Consul has had no leader for 60000 ms",
    ]);
  });

  test("holds for a while when Consul does not answer", async () => {
    answers = 2;
    const unknown = "whether every group has a sync master is not known: Consul answers HTTP 500: no server";
    const [first, second, third, ...reasons] = await told(again(10_001));
    expect([first, second, third]).toEqual(["healthy true", "healthy true", "healthy false"]);
    expect(reasons).toEqual([unknown, unknown]);
  });

  test("does not get better by that", async () => {
    answers = 2;
    masters = [];
    expect((await told(again(10_001))).slice(0, 3)).toEqual(["healthy false", "healthy false", "healthy false"]);
  });
});
