/** The commands as an operator meets them: repeated, on a running cluster, through a plain `pulumi`, and after a crash. */
import * as fs from "node:fs";
import * as path from "node:path";
import { cleanAws } from "../../local/aws/clean";
import { npm, run, spawnNpm } from "./localCluster";
import { remains } from "./remains";
import { describeOnHosts } from "./support";

jest.setTimeout(60_000);

describeOnHosts("a running cluster", () => {
  beforeAll(() => npm("start"), 20 * 60_000);

  it("is not changed by a second start", async () => {
    const printed = await npm("start");
    expect(printed).toMatch(/pulumi up: \d+ same$/m);
  }, 120_000);

  it("is not changed by a plain pulumi with the environment that `npm run aws` prints", async () => {
    const preview = await plainPulumi(["preview", "--stack", "dev", "--expect-no-changes", "--non-interactive"]);
    expect({ code: preview.code, output: preview.stdout + preview.stderr }).toEqual({
      code: 0,
      output: expect.stringMatching(/\d+ unchanged/),
    });
  }, 120_000);

  it("tells its state in the shape that others rely on", async () => {
    expect(JSON.parse(await npm("status", "--json"))).toEqual({
      healthy: true,
      studioUrl: expect.stringMatching(/^http:\/\//),
      loadBalancer: expect.stringMatching(/^http:\/\/127\./),
      consulUi: expect.stringMatching(/^http:\/\/127\..*\/ui\/$/),
      hosts: expect.arrayContaining([
        {
          name: "consul-01",
          address: expect.stringMatching(/^10\./),
          zone: "eu-west-1a",
          services: ["consul-server", "sync-worker"],
          ready: true,
        },
      ]),
      consul: {
        leader: expect.stringMatching(/^consul-0[1-3]$/),
        servers: expect.arrayContaining([{ name: "consul-01", address: expect.stringMatching(/^10\./), alive: true }]),
      },
      services: expect.arrayContaining([
        {
          name: "realms",
          instances: [{ host: "core-services-01", tags: expect.any(Array), passing: true }],
        },
      ]),
    });
  });

  it("shows the same to a person", async () => {
    const printed = await npm("status");
    expect(printed).toContain("The cluster is healthy.");
    for (const shown of ["consul-01", "core-services-01", "role=master", "Realm Studio", "Consul UI"]) {
      expect(printed).toContain(shown);
    }
  });

  it("is diagnosed host by host", async () => {
    const printed = await npm("diagnose");
    expect(printed).toMatch(/consul-02.*: consul members/);
    expect(printed).toContain("core-services-01");
  });

  async function plainPulumi(args: string[]) {
    const exports = (await npm("aws")).matchAll(/^export (\w+)='(.*)'$/gm);
    const variables = Object.fromEntries([...exports].map(([, name, value]) => [name, value]));
    const project = path.join(process.env.REALM_CLUSTER_STATE ?? "", "project");
    return run("pulumi", ["-C", project, ...args], { ...process.env, ...variables });
  }
});

describeOnHosts("a starter that is killed half-way", () => {
  const own = { ...process.env, REALM_CLUSTER_NAME: "rhalf", REALM_CLUSTER_STATE: "/var/lib/realm-cluster-half" };

  afterAll(() => run("npm", ["run", "--silent", "stop"], own), 60_000);

  it("leaves nothing that `npm stop` does not end", async () => {
    const starter = spawnNpm("start", own);
    await starter.printed(/consul-01 +volume/);
    process.kill(Number(fs.readFileSync(path.join(own.REALM_CLUSTER_STATE, "starter.pid"), "utf8")), "SIGKILL");
    await starter.ended;
    expect(await remains("rhalf", own.REALM_CLUSTER_STATE)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^process/),
        expect.stringMatching(/^namespace/),
        expect.stringMatching(/^loop device/),
        expect.stringMatching(/^control group/),
      ]),
    );

    const began = performance.now();
    const stopped = await run("npm", ["run", "--silent", "stop"], own);
    expect(stopped.code).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(await remains("rhalf", own.REALM_CLUSTER_STATE)).toEqual([]);
  }, 300_000);
});

describeOnHosts("a machine that went down", () => {
  const stateDir = "/var/lib/realm-cluster-down";
  const own = { ...process.env, REALM_CLUSTER_NAME: "rdown", REALM_CLUSTER_STATE: stateDir };

  afterAll(() => run("npm", ["run", "--silent", "stop"], own), 60_000);

  it("leaves no state of Pulumi's that tells of its hosts", async () => {
    const aws = async () => {
      const ran = await run("npm", ["run", "--silent", "aws"], own);
      expect(ran).toMatchObject({ code: 0 });
      return ran;
    };
    await aws();
    const state = path.join(stateDir, ".pulumi", "stacks", "realm-cluster", "dev.json");
    fs.mkdirSync(path.dirname(state), { recursive: true });
    fs.writeFileSync(state, "{}");
    await aws();
    expect(fs.existsSync(state)).toBe(true);
    // All that a machine forgets: processes, namespaces, file systems in memory.
    await cleanAws({ name: own.REALM_CLUSTER_NAME, stateDir: path.join(stateDir, "aws") });
    expect((await aws()).stderr).toMatch(/forgot the state of a local AWS that is no more/);
    expect(fs.existsSync(state)).toBe(false);
  }, 120_000);
});

describe("without root", () => {
  it("says in one line why there is no cluster", async () => {
    const start = [process.execPath, "--import", "tsx", path.resolve(__dirname, "../../local/cli.ts"), "start"];
    const asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    const [command, ...args] = process.getuid?.() === 0 ? [...asNobody, ...start] : start;
    const ran = await run(command, args, { ...process.env, HOME: "/nonexistent" });
    expect(ran).toEqual({ code: 1, stdout: "", stderr: expect.stringMatching(/^[^\n]*needs root[^\n]*\n$/) });
  }, 60_000);
});
