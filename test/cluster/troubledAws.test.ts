/**
 * A roll of core nodes while AWS refuses a third of all calls for the moment, one that is not allowed, and one that is killed at random moments.
 * The seed is printed; INTERRUPTED_SEED=SEED takes the same moments once more.
 */
import * as fs from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { inAws, inState } from "../program/inventory";
import { randomOf } from "../program/random";
import { type Deployment, dayTwo, deployed, setting } from "./deployment";
import { npm, run } from "./localCluster";
import { describeOnHosts } from "./support";

jest.setTimeout(10 * 60_000);

const seed = Number(process.env.INTERRUPTED_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** How often a roll is killed, and between which seconds of it: before, the program runs. */
const KILLS = 2;
const SECONDS = [8, 35] as const;

const INSTANCE = "aws:ec2/instance:Instance";

describeOnHosts("a roll of core nodes", () => {
  let cluster: Deployment;
  const large = setting("coreServices", { instanceType: "t3.large" });

  beforeAll(async () => {
    cluster = await deployed(dayTwo);
  }, 20 * 60_000);
  afterEach(() => cluster?.local.fail([]));

  test("that may not ask hosts says what it needs, at once, and deletes nothing", async () => {
    await cluster.local.fail([{ error: "denied", service: "ssm", actions: ["SendCommand"], from: "others" }]);
    const began = Date.now();
    const { ok, output, changes } = await cluster.up(large);
    expect(ok).toBe(false);
    expect(output).toMatch(
      /ssm:SendCommand of i-\w+ failed: AccessDeniedException: .*Whoever runs this needs ssm:SendCommand\./,
    );
    expect(changes.filter(({ type }) => type === INSTANCE)).toEqual([]);
    expect(Date.now() - began).toBeLessThan(60_000);
  });

  test("ends well while AWS refuses every third call for the moment, those of hosts that boot too, and so does the doctor", async () => {
    await cluster.local.fail([
      { error: "throttled", part: 0.2 },
      { error: "unavailable", part: 0.1 },
      { error: "internal", part: 0.05 },
    ]);
    const began = Date.now();
    const rolled = await cluster.up(large);
    expect(rolled).toMatchObject({ ok: true });
    console.log(`rolled two core nodes on a busy AWS in ${((Date.now() - began) / 1000).toFixed(1)} s`);
    const doctor = await run("npm", ["run", "--silent", "doctor"]);
    const { hosts, others } = await cluster.local.fail([]);
    expect(hosts).toBeGreaterThan(0);
    expect(others).toBeGreaterThan(0);
    expect(doctor).toMatchObject({ code: 0, stdout: expect.stringMatching(/The cluster dev is healthy\.\n$/) });
  });

  test("that is killed is recovered from, goes on, and leaves nothing twice and nothing behind", async () => {
    console.log(`INTERRUPTED_SEED=${seed}`);
    const random = randomOf(seed);
    const before = await strangers();
    let killed = 0;
    while (killed < KILLS) {
      const seconds = SECONDS[0] + (SECONDS[1] - SECONDS[0]) * random();
      const update = cluster.up();
      const ended = await Promise.race([update.then(() => true), pause(seconds * 1000, false)]);
      if (ended) break;
      killEngine();
      killed += 1;
      expect((await update).ok).toBe(false);
      await cluster.cancel();
      console.log(`killed after ${seconds.toFixed(1)} s: ${await npm("recover", "--wait", "3")}`);
      expect(await strangers()).toEqual(before);
    }
    expect(killed).toBeGreaterThan(0);
    expect(await cluster.up()).toMatchObject({ ok: true });
    expect(await strangers()).toEqual(before);
    expect((await cluster.preview()).changes).toEqual([]);
    expect(await npm("doctor")).toMatch(/The cluster dev is healthy\.\n$/);
  });

  /** What AWS has and the state does not know, such as the data of workers that other tests have removed; fails where the state has what AWS has not. */
  async function strangers(): Promise<string[]> {
    const [there, known] = [
      await inAws(cluster.local.client),
      inState((await cluster.state()).deployment.resources ?? []),
    ];
    expect(known.filter((line) => !there.includes(line))).toEqual([]);
    return there.filter((line) => !known.includes(line));
  }

  /** The engine is this process's own child. */
  function killEngine(): void {
    const children = fs.readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").split(" ");
    const engines = children.filter((pid) => pid && /pulumi/.test(fs.readFileSync(`/proc/${pid}/comm`, "utf8")));
    expect(engines).toHaveLength(1);
    process.kill(Number(engines[0]), "SIGKILL");
  }
});
