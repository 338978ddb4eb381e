import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Recipe } from "../../local/tools/cache";
import { withLock } from "../../local/tools/lock";
import { run, runLogged } from "../../local/process";
import { describeOnLinux } from "./userdataStepHost";

const dir = mkdtempSync(join(tmpdir(), "tools-test-"));
afterAll(() => rmSync(dir, { recursive: true }));

/** The cache's place is decided when it is loaded. */
process.env.REALM_CLUSTER_CACHE = join(dir, "cache");
const { cached, isCached } = jest.requireActual<typeof import("../../local/tools/cache")>("../../local/tools/cache");
const { publish, mirrorDir } =
  jest.requireActual<typeof import("../../local/tools/mirror")>("../../local/tools/mirror");

const recipe = (build: Recipe["build"], version = "1"): Recipe => ({
  name: "tool",
  version,
  does: "written down",
  build,
});

describe("the cache of tools", () => {
  afterEach(() => rmSync(join(dir, "cache"), { recursive: true, force: true }));

  it("builds a version once, says what it does and that it is ready, and finds it from then on", async () => {
    const lines: string[] = [];
    let builds = 0;
    const tool = recipe(async (to, report) => {
      builds++;
      report("half way");
      writeFileSync(join(to, "tool"), "made");
    });
    const first = await cached(tool, (line) => lines.push(line));
    expect(await cached(tool, (line) => lines.push(line))).toBe(first);
    expect(builds).toBe(1);
    expect(readFileSync(join(first, "tool"), "utf8")).toBe("made");
    expect(lines).toEqual(["tool: 1, written down", "tool: half way", "tool: ready after 0 s"]);
  });

  it("takes a build that failed half-way for none, says which and why, and starts it anew", async () => {
    const broken = recipe(async (to) => {
      writeFileSync(join(to, "half"), "");
      throw new Error("the registry is away");
    });
    await expect(cached(broken, () => {})).rejects.toThrow(/^tool 1 could not be made[^]*the registry is away$/);
    expect(isCached(broken)).toBe(false);
    const mended = await cached(
      recipe(async (to) => writeFileSync(join(to, "whole"), "")),
      () => {},
    );
    expect(readdirSync(mended)).toEqual(["whole"]);
  });

  it("publishes a file to hosts with its digest, the newest build in place of an older one", async () => {
    const build = (text: string) => async (to: string) => writeFileSync(join(to, "tool.zip"), text);
    const old = await cached(recipe(build("old"), "1"), () => {});
    const recent = await cached(recipe(build("new"), "2"), () => {});
    await publish(join(old, "tool.zip"), "1");
    expect(await publish(join(recent, "tool.zip"), "2")).toEqual({
      file: "tool.zip",
      version: "2",
      sha256: "11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437",
    });
    expect(readFileSync(join(mirrorDir, "tool.zip"), "utf8")).toBe("new");
  });
});

// flock comes with Linux, and so does what is locked: tools for hosts.
describeOnLinux("the lock on the cache", () => {
  const file = join(dir, "lock");

  it("lets one in at a time and tells the other that it waits", async () => {
    const order: string[] = [];
    let letGo = () => {};
    let entered = () => {};
    const isIn = new Promise<void>((resolve) => (entered = resolve));
    const first = withLock(
      file,
      () => order.push("first waits"),
      () => {
        order.push("first in");
        entered();
        return new Promise<void>((resolve) => (letGo = resolve));
      },
    );
    await isIn;
    const second = withLock(
      file,
      () => {
        order.push("second waits");
        letGo();
      },
      async () => void order.push("second in"),
    );
    await Promise.all([first, second]);
    expect(order).toEqual(["first in", "second waits", "second in"]);
  });

  it("is free again after work that failed, and after a holder that was killed", async () => {
    const failing = withLock(
      file,
      () => {},
      () => Promise.reject(new Error("no luck")),
    );
    await expect(failing).rejects.toThrow("no luck");
    const script = `require(${JSON.stringify(join(__dirname, "../../local/tools/lock.ts"))}).withLock(
      ${JSON.stringify(file)}, () => {}, () => new Promise(() => setInterval(() => console.log("in"), 10)))`;
    const holder = spawn(process.execPath, ["--import", "tsx", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(holder.stdout, "data");
    holder.kill("SIGKILL");
    expect(
      await withLock(
        file,
        () => {},
        async () => "mine",
      ),
    ).toBe("mine");
  });
});

describe("a command that is run", () => {
  it("fails with its exit status and what it said", async () => {
    await expect(run("sh", ["-c", "echo why >&2; exit 3"])).rejects.toThrow(
      "sh -c echo why >&2; exit 3: exit status 3: why",
    );
    const lines: string[] = [];
    const logged = runLogged("sh", ["-c", "echo one; echo two >&2; exit 4"], (line) => lines.push(line));
    await expect(logged).rejects.toThrow(/exit status 4\n {2}(one\n {2}two|two\n {2}one)$/);
    expect(lines.sort()).toEqual(["one", "two"]);
    await expect(runLogged("/no/such", [], () => {})).rejects.toThrow("/no/such: spawn /no/such ENOENT");
  });
});

describe("pinned releases", () => {
  const read = (path: string) => readFileSync(join(__dirname, "../..", path), "utf8");

  it("builds the engine of the very release that the program's SDK is", () => {
    const sdk = JSON.parse(read("package.json")).dependencies["@pulumi/pulumi"];
    expect(read("local/tools/go/pulumi/go.mod")).toContain(`github.com/pulumi/pulumi/pkg/v3 v${sdk} `);
    expect(existsSync(join(__dirname, "../../local/tools/go/pulumi/go.sum"))).toBe(true);
  });

  it("builds the Consul that hosts are told to run", () => {
    const { consulVersion } = jest.requireActual<typeof import("../../local/tools/consul")>("../../local/tools/consul");
    expect(read("local/tools/go/consul/go.mod")).toContain(`github.com/hashicorp/consul v${consulVersion} `);
  });

  it("takes a Python package only by its digest", () => {
    const requirements = read("local/tools/moto/requirements.txt")
      .replace(/^#.*\n/gm, "")
      .replaceAll("\\\n", "")
      .trim();
    const unpinned = (text: string) =>
      text.split("\n").filter((line) => !/^[\w.-]+==\S+( +--hash=sha256:[0-9a-f]{64})+$/.test(line));
    expect(unpinned(requirements)).toEqual([]);
    expect(unpinned("moto==5.2.5\nsix>=1")).toHaveLength(2);
    expect(read("local/tools/moto.ts")).toContain('"--require-hashes"');
  });

  it.each(["package-lock.json", "local/realm/install/package-lock.json"])(
    "takes a package of npm only by its digest: %s",
    (path) => {
      const { packages } = JSON.parse(read(path)) as { packages: Record<string, { integrity?: string }> };
      const taken = Object.entries(packages).filter(([place]) => place.startsWith("node_modules/"));
      const own = /^node_modules\/(realm|realm-sync-server|realm-object-server-enterprise)$/;
      expect(taken.length).toBeGreaterThan(100);
      expect(taken.filter(([place, { integrity }]) => !integrity?.startsWith("sha512-") && !own.test(place))).toEqual(
        [],
      );
    },
  );

  it("has hosts download nothing but by its digest", () => {
    const files = readdirSync(join(__dirname, "../../userdata/files"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
    const commands = files.map((text) => text.replaceAll(/\\\n\s*/g, ""));
    const lines = commands.flatMap((text) => text.split("\n")).filter((line) => !/^\s*#/.test(line));
    const fetches = lines.filter((line) => /^\s*fetch /.test(line));
    expect(fetches).toHaveLength(4);
    expect(fetches.filter((line) => !/fetch "\$(\w+)_URL" "\$\1_SHA256" /.test(line))).toEqual([]);
    // One that is fetch's own, and one that only asks whether the registry answers.
    expect(lines.filter((line) => /\b(curl|wget)\b/.test(line))).toEqual([
      expect.stringContaining("error=$(curl "),
      expect.stringContaining('--output /dev/null "$REALM_REGISTRY"'),
    ]);
  });
});
