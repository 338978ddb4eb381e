import { execFile, execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const files = resolve(__dirname, "../../userdata/files");
let directory: string;

// The steps are for Linux: they call its own tools.
const linux = process.platform === "linux";
const onLinux = linux ? describe : describe.skip;
const why = linux ? "" : " (skipped: this machine does not run Linux)";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "userdata-"));
});

afterEach(() => rmSync(directory, { recursive: true }));

/** Runs a command with the functions of a boot step at hand, on a host below the test's directory; its end, output and reason. */
function inStep(step: string, command: string, env: Record<string, string> = {}) {
  const reasonFile = join(directory, "reason");
  rmSync(reasonFile, { force: true });
  const functions = readFileSync(join(files, "steps", step), "utf8")
    .replace("source /opt/realm-cluster/lib.sh", `source ${join(files, "boot/lib.sh")}`)
    .replace(/^main "\$@"\n/m, "")
    .replace(/(\/etc\/realm-cluster|\/opt\/realm)\b/g, `${directory}$1`);
  const environment = { PATH: `${process.env.PATH}:/usr/sbin:/sbin`, REASON_FILE: reasonFile, ...env };
  return new Promise<{ status: number; output: string; reason?: string }>((done) => {
    execFile(
      "bash",
      ["--norc", "-c", `${functions}\n${command}`],
      { env: environment, cwd: directory },
      (error, stdout, stderr) => {
        const reason = existsSync(reasonFile) ? readFileSync(reasonFile, "utf8").trim() : undefined;
        done({ status: error ? Number(error.code) : 0, output: stdout + stderr, reason });
      },
    );
  });
}

describe("the boot's Python parts", () => {
  test.each(["Signature", "Retries", "Secrets", "Boot", "Readiness"])("%s", (suite) => {
    const { status, stderr } = spawnSync("python3", [join(__dirname, "userdata_test.py"), "-v", suite], {
      encoding: "utf8",
    });
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringMatching(/Ran [1-9]\d* tests? in/) });
  });
});

onLinux(`a download${why}`, () => {
  const body = "what was asked for";
  const digest = createHash("sha256").update(body).digest("hex");
  let server: Server;
  let asked: number;
  let url: string;

  beforeEach((done) => {
    asked = 0;
    server = createServer((request, response) => {
      asked++;
      const busy = request.url === "/busy" && asked === 1;
      response.statusCode = busy ? 503 : request.url === "/none" ? 404 : 200;
      response.end(body);
    });
    server.listen(0, "127.0.0.1", () => {
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });

  afterEach((done) => {
    server.close(done);
  });

  test("that has the digest is kept", async () => {
    expect(await inStep("node", `fetch ${url}/it ${digest} it`)).toMatchObject({ status: 0 });
    expect(readFileSync(join(directory, "it"), "utf8")).toBe(body);
  });

  test("with another digest is refused, with both digests", async () => {
    const other = "0".repeat(64);
    expect(await inStep("node", `fetch ${url}/it ${other} it; echo went on`)).toEqual({
      status: 1,
      output: expect.not.stringContaining("went on"),
      reason: `Refusing ${url}/it: its sha256 is ${digest}, the configured one is ${other}`,
    });
  });

  test("that does not exist is final", async () => {
    const { status, reason } = await inStep("node", `fetch ${url}/none ${digest} it`);
    expect(status).toBe(1);
    expect(reason).toMatch(/^Could not download http:\/\/127\.0\.0\.1:\d+\/none: curl: .*404/);
    expect(asked).toBe(1);
  });

  test("from a busy server is tried again", async () => {
    expect(await inStep("node", `fetch ${url}/busy ${digest} it`)).toMatchObject({ status: 0 });
    expect(asked).toBe(2);
  });

  test("from a server that does not answer is tried again, with a growing pause, and then given up", async () => {
    const closed = "http://127.0.0.1:9";
    const { status, output, reason } = await inStep("node", `sleep() { :; }; fetch ${closed}/it ${digest} it`);
    expect(status).toBe(1);
    expect(output.match(/Trying again in \d+ s/g)).toEqual(
      [1, 2, 4, 8, 16, 32, 64].map((s) => `Trying again in ${s} s`),
    );
    expect(reason).toMatch(/^Could not download http:\/\/127\.0\.0\.1:9\/it: curl: \(7\)/);
  });
});

/** A master boot record with one Linux partition of 8 MiB. */
const partitionTable = Buffer.alloc(512);
partitionTable.set([0, 0, 0, 0, 0x83, 0, 0, 0, 0x00, 0x08, 0, 0, 0x00, 0x40, 0, 0], 446);
partitionTable.set([0x55, 0xaa], 510);

onLinux(`the data volume${why}`, () => {
  const device = () => join(directory, "device");
  const prepare = () => inStep("volume", `prepare vol-1 ${device()}`);
  const blkid = () => execFileSync("/sbin/blkid", ["-p", "-o", "export", device()]).toString();

  beforeEach(() => {
    writeFileSync(device(), "");
    truncateSync(device(), 16 * 2 ** 20);
  });

  test("is formatted when it is blank, and left as it is the next time", async () => {
    expect(await prepare()).toMatchObject({ status: 0, output: expect.stringContaining("Formatting vol-1") });
    expect(blkid()).toContain("LABEL=realm-data\n");
    const { mtimeMs } = statSync(device());
    expect(await prepare()).toEqual({ status: 0, output: "" });
    expect(statSync(device()).mtimeMs).toBe(mtimeMs);
  });

  test.each([
    [
      "a filesystem of somebody else",
      () => execFileSync("/sbin/mkfs.ext4", ["-q", "-L", "other", device()]),
      "LABEL=other TYPE=ext4",
    ],
    [
      "swap with our label",
      () => execFileSync("/sbin/mkswap", ["-L", "realm-data", device()], { stdio: "pipe" }),
      "LABEL=realm-data TYPE=swap",
    ],
    ["a partition table", () => writeFileSync(device(), partitionTable, { flag: "r+" }), "PTTYPE=dos"],
    ["bytes that nothing recognises", () => writeFileSync(device(), "data", { flag: "r+" }), "no known filesystem"],
  ])("is refused when it holds %s", async (_, fill, expected) => {
    fill();
    const before = createHash("sha256").update(readFileSync(device())).digest("hex");
    const { status, reason } = await prepare();
    expect(status).toBe(1);
    expect(reason).toMatch(/^Refusing to format vol-1: it holds unexpected content/);
    expect(reason).toContain(expected);
    expect(createHash("sha256").update(readFileSync(device())).digest("hex")).toBe(before);
  });

  test("is waited for, and its absence is told", async () => {
    const { status, reason } = await inStep("volume", "sleep() { SECONDS=1000; }; wait_for_device vol-1 /dev/none");
    expect({ status, reason }).toEqual({
      status: 1,
      reason: "The data volume vol-1 was not attached within 300 s",
    });
  });
});

onLinux(`the Realm packages${why}`, () => {
  const modules = () => join(directory, "opt/realm/node_modules");
  const registry = { REALM_REGISTRY: "https://npm.example.com/realm/", NODE_VERSION: "16.20.2" };

  beforeEach(() => {
    for (const path of ["opt/realm", "etc/realm-cluster/secrets"])
      mkdirSync(join(directory, path), { recursive: true });
    writeFileSync(join(directory, "etc/realm-cluster/package.json"), "{}");
  });

  /** An archive and its digest, served by nothing: the step's download is replaced by a copy. */
  function archive(content: string) {
    mkdirSync(join(directory, content, "realm"), { recursive: true });
    const path = join(directory, "realm.tar.gz");
    execFileSync("tar", ["-czf", path, "-C", directory, content]);
    return { REALM_URL: path, REALM_SHA256: "d".repeat(64) };
  }
  const install = (env: Record<string, string>) =>
    inStep("realm", 'fetch() { log "Downloading $1"; cp "$1" "$3"; }; own() { :; }; main', env);

  test("of an artifact are installed once", async () => {
    const env = archive("node_modules");
    expect(await install(env)).toMatchObject({ status: 0, output: expect.stringContaining("Downloading") });
    expect(readdirSync(modules())).toEqual(["realm"]);
    expect(await install(env)).toMatchObject({ status: 0, output: "The Realm packages are there\n" });
    expect(await install({ ...env, REALM_SHA256: "e".repeat(64) })).toMatchObject({
      status: 0,
      output: expect.stringContaining("Downloading"),
    });
    expect(readdirSync(join(directory, "opt/realm")).sort()).toEqual([".release", "node_modules"]);
  });

  test("of an artifact without node_modules are refused", async () => {
    const env = archive("other");
    const { status, reason } = await install(env);
    expect({ status, reason }).toEqual({
      status: 1,
      reason: `Refusing ${env.REALM_URL}: it has no node_modules at its top`,
    });
    expect(readdirSync(join(directory, "opt/realm"))).toEqual([]);
  });

  /** npm, as its own user would run it, replaced by a command that may look at its directory. */
  const npm = (command: string) =>
    inStep("realm", `runuser() { shift 3; ${command}; }; chown() { :; }; own() { :; }; main`, registry);

  test("of a registry are installed with the token, which does not stay", async () => {
    writeFileSync(join(directory, "etc/realm-cluster/secrets/npm-token"), "s3cret");
    const { status, output } = await npm("cat .npmrc; stat -c %a .npmrc; mkdir node_modules");
    expect({ status, output }).toEqual({
      status: 0,
      output: "registry=https://npm.example.com/realm/\n//npm.example.com/realm/:_authToken=s3cret\n600\n",
    });
    expect(readdirSync(join(directory, "opt/realm")).sort()).toEqual([".release", "node_modules"]);
    expect(execFileSync("grep", ["-rl", "s3cret", directory]).toString().trim()).toMatch(/secrets\/npm-token$/);
    expect(await npm("mkdir node_modules")).toMatchObject({ output: "The Realm packages are there\n" });
  });

  test("of a registry that needs no token are asked for without one", async () => {
    expect((await npm("cat .npmrc; mkdir node_modules")).output).toBe("registry=https://npm.example.com/realm/\n");
  });

  test("of a registry that fails are asked for three times", async () => {
    const { status, output, reason } = await npm("echo asked; false");
    expect(status).toBe(1);
    expect(output.match(/^asked$/gm)).toHaveLength(3);
    expect(reason).toBe("npm could not install the Realm packages from https://npm.example.com/realm/");
    expect(readdirSync(join(directory, "opt/realm"))).toEqual([]);
  });

  test.each([
    ["the registry", { REALM_REGISTRY: "https://other.example.com" }, "{}"],
    ["Node.js", { NODE_VERSION: "18.20.4" }, "{}"],
    ["a version", {}, '{"dependencies":{}}'],
  ])("of a registry are another release with another value of %s", async (_, env, manifest) => {
    const release = async (changed: Record<string, string>) =>
      (await inStep("realm", "wanted_release", { ...registry, ...changed })).output;
    const before = await release({});
    expect(await release({})).toBe(before);
    writeFileSync(join(directory, "etc/realm-cluster/package.json"), manifest);
    expect(await release(env as Record<string, string>)).not.toBe(before);
  });
});

(linux ? test : test.skip)("the gossip key reaches Consul by a file that only it can read", () => {
  const runtime = join(directory, "run");
  mkdirSync(runtime);
  writeFileSync(join(directory, "gossip-key"), "a2V5\n");
  const script = readFileSync(join(files, "boot/consul-agent"), "utf8").replace("exec /usr/local/bin/consul", "echo");
  const output = execFileSync("bash", ["--norc", "-c", script], {
    env: {
      PATH: process.env.PATH,
      RUNTIME_DIRECTORY: runtime,
      CREDENTIALS_DIRECTORY: directory,
      HOST_NAME: "consul-01",
      HOST_ADDRESS: "10.20.0.11",
    },
  });
  expect(output.toString()).toBe(
    `agent -node=consul-01 -bind=10.20.0.11 -config-dir=/etc/consul.d -config-file=${runtime}/gossip.json\n`,
  );
  expect(JSON.parse(readFileSync(join(runtime, "gossip.json"), "utf8"))).toEqual({ encrypt: "a2V5" });
  expect(statSync(join(runtime, "gossip.json")).mode & 0o777).toBe(0o600);
});
