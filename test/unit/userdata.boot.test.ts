import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { join } from "node:path";
import { describeOnLinux, StepHost } from "./userdataStepHost";

const host = new StepHost();

describe("the boot's Python parts", () => {
  test.each(["userdata_test.py", "userdata_ready_test.py"])("%s", (file) => {
    const { status, stderr } = spawnSync("python3", [join(__dirname, file), "-v"], { encoding: "utf8" });
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringMatching(/Ran [1-9]\d* tests in/) });
  });
});

describeOnLinux("a download", () => {
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
    expect(await host.run("node", `fetch ${url}/it ${digest} it`)).toMatchObject({ status: 0 });
    expect(readFileSync(host.path("it"), "utf8")).toBe(body);
  });

  test("with another digest is refused, with both digests", async () => {
    const other = "0".repeat(64);
    expect(await host.run("node", `fetch ${url}/it ${other} it; echo went on`)).toEqual({
      status: 1,
      output: expect.not.stringContaining("went on"),
      reason: `Refusing ${url}/it: its sha256 is ${digest}, the configured one is ${other}`,
    });
  });

  test("that does not exist is final", async () => {
    const { status, reason } = await host.run("node", `fetch ${url}/none ${digest} it`);
    expect(status).toBe(1);
    expect(reason).toMatch(/^Could not download http:\/\/127\.0\.0\.1:\d+\/none: curl: .*404/);
    expect(asked).toBe(1);
  });

  test("from a busy server is tried again", async () => {
    expect(await host.run("node", `fetch ${url}/busy ${digest} it`)).toMatchObject({ status: 0 });
    expect(asked).toBe(2);
  });

  test("that the disk has no room for is final", async () => {
    const { status, output, reason } = await host.run("node", `fetch ${url}/it ${digest} /dev/full`);
    expect({ status, output }).toEqual({
      status: 1,
      output: expect.stringMatching(/^Downloading \S+\nFilesystem[^]* \/dev\nCould not/),
    });
    expect(reason).toMatch(/^Could not download http:\S+: curl: \(23\)/);
  });

  test("from a server that does not answer is tried again, with a growing pause, and then given up", async () => {
    const closed = "http://127.0.0.1:9";
    const { status, output, reason } = await host.run(
      "node",
      `sleep() { ((SECONDS += $1)); }; fetch ${closed}/it ${digest} it`,
    );
    expect(status).toBe(1);
    expect(output.match(/Trying again in \d+ s/g)).toEqual([1, 2, 4, 8, 16].map((s) => `Trying again in ${s} s`));
    expect(reason).toMatch(/^Could not download http:\/\/127\.0\.0\.1:9\/it: curl: \(7\)/);
  });
});

/** A master boot record with one Linux partition of 8 MiB. */
const partitionTable = Buffer.alloc(512);
partitionTable.set([0, 0, 0, 0, 0x83, 0, 0, 0, 0x00, 0x08, 0, 0, 0x00, 0x40, 0, 0], 446);
partitionTable.set([0x55, 0xaa], 510);

describeOnLinux("the data volume", () => {
  const device = () => host.path("device");
  const prepare = () => host.run("volume", `prepare vol-1 ${device()}`);
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
    const { status, reason } = await host.run("volume", "sleep() { SECONDS=1000; }; wait_for_device vol-1 /dev/none");
    expect({ status, reason }).toEqual({
      status: 1,
      reason: "The data volume vol-1 was not attached within 45 s",
    });
  });

  describe("that was made of a snapshot", () => {
    const data = (path: string) => host.path(join("var/lib/realm-cluster", path));
    const adopt = (volume: string) => host.run("volume", `adopt ${volume}`);
    const held = () => readdirSync(data("")).sort();

    beforeEach(async () => {
      for (const path of ["consul", "sync-worker"]) mkdirSync(data(path), { recursive: true });
      await adopt("vol-1");
    });

    test("keeps Consul's state while it is the volume that it was", async () => {
      expect(await adopt("vol-1")).toEqual({ status: 0, output: "", reason: undefined });
      expect(held()).toEqual(["consul", "sync-worker", "volume"]);
    });

    test.each([["master"], [undefined]])("of a worker that was %s keeps all but Consul's state, once", async (role) => {
      if (role) writeFileSync(data("sync-worker/role"), role);
      expect(await adopt("vol-2")).toMatchObject({ status: 0, output: "vol-2 was made of a snapshot of vol-1\n" });
      expect(held()).toEqual(["sync-worker", "volume"]);
      mkdirSync(data("consul"));
      expect(await adopt("vol-2")).toMatchObject({ status: 0, output: "" });
      expect(held()).toContain("consul");
    });

    test("of a worker that was not the master is refused at every boot, and left as it is", async () => {
      writeFileSync(data("sync-worker/role"), "copy");
      for (const boot of [await adopt("vol-2"), await adopt("vol-2")]) {
        expect(boot).toMatchObject({
          status: 1,
          reason: "Refusing the snapshot of vol-1 that vol-2 was made of: its worker was not the master",
        });
      }
      expect(held()).toEqual(["consul", "sync-worker", "volume"]);
    });
  });
});
