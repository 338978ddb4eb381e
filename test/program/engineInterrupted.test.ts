/**
 * The engine is killed at random moments of an update, a roll and a destroy. After each `npm run recover` the state says exactly what AWS has,
 * and the next run goes on from there. The seed is printed; INTERRUPTED_SEED=SEED takes the same moments once more.
 */
import { type Interrupted, recover } from "../../recover";
import { type State, pendingOperations } from "../../recover/state";
import { describeOnHosts } from "../cluster/support";
import { AwsProxy, type Fate } from "./awsProxy";
import { inAws, inState } from "./inventory";
import { randomOf } from "./random";
import { type Config, type Undeployed, undeployed } from "./release";

jest.setTimeout(900_000);

const seed = Number(process.env.INTERRUPTED_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** The smallest cluster that has something of every kind. */
const small = (type: string): Config => ({
  "realm-cluster:consul": { servers: 1, instanceType: type },
  "realm-cluster:syncWorkerGroups": [{ label: "default", workers: 1, allowSingleWorker: true }],
  "realm-cluster:coreServices": { nodes: 1, instanceType: type },
  "realm-cluster:dns": { privateZone: "realm.internal" },
  "realm-cluster:watching": { enabled: true, notify: ["ops@example.com"] },
});

describeOnHosts("a run that is killed", () => {
  const random = randomOf(seed);
  const among = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)];
  let cluster: Undeployed;
  let proxy: AwsProxy;
  let killed = 0;
  /** Whether an update without a recovery was seen to be refused. */
  let refused = false;
  /** How many creations of which nobody heard had been made, and how many not. */
  const creations = { made: 0, not: 0 };

  beforeAll(async () => {
    console.log(`INTERRUPTED_SEED=${seed}`);
    const front = async (moto: string) => (proxy = await AwsProxy.start(moto)).endpoint;
    cluster = await undeployed("dev", { front });
    configure("t3.small");
  });
  afterAll(async () => {
    console.log(`killed ${killed} times; creations that nobody heard the end of: ${JSON.stringify(creations)}`);
    proxy?.end();
    cluster?.endGates();
    await cluster?.project.end();
  });

  const configure = (type: string) => {
    const { account, config, project } = cluster;
    project.configure(account.toLocalConfig({ ...config, ...small(type) }));
  };
  const state = () => {
    const { checkpoint } = JSON.parse(cluster.project.state()) as { checkpoint: { latest: State["deployment"] } };
    return checkpoint.latest;
  };
  /** Nothing is orphaned, and nothing doubled. @param but a type */
  const expectSame = async (but?: string) => {
    const [known, there] = [inState(state().resources ?? []), await inAws(cluster.project.aws)];
    const compared = (line: string) => but === undefined || !line.startsWith(`${but} `);
    expect(known.filter(compared)).toEqual(there.filter(compared));
  };

  /** Kills a run at one of its next calls that change something. Resolves to whether it was killed before it ended. */
  async function killDuring(command: "up" | "destroy", within: number): Promise<boolean> {
    const controller = new AbortController();
    let left = 1 + Math.floor(random() * within);
    const unheard = "made, and nobody hears of it";
    const fate = among<Fate>(["never made", unheard, unheard, "answered"]);
    // The first creation is one that the state does not know of: the next update would make it once more.
    const chosen = killed === 0 ? unheard : fate;
    proxy.fate = () => {
      left -= 1;
      if (left !== 0) return "answered";
      controller.abort();
      return chosen;
    };
    const ending = await cluster.project.interruptible(controller.signal, command);
    await proxy.deserted();
    proxy.fate = () => "answered";
    if (!controller.signal.aborted && ending.code !== 0) throw new Error(ending.text);
    return controller.signal.aborted;
  }

  /** An update that would make once more what was made already changes nothing. */
  async function expectRefused(): Promise<void> {
    let changes = 0;
    proxy.fate = () => {
      changes += 1;
      return "answered";
    };
    const { code, text } = await cluster.project.up();
    proxy.fate = () => "answered";
    expect(code).not.toBe(0);
    expect(text).toMatch(/the last run of dev was killed while it made this[^]*npm run recover -- --stack dev/);
    expect(changes).toBe(0);
    refused = true;
  }

  /** Brings state and AWS together after a run that was killed. */
  async function mend(): Promise<void> {
    const { project } = cluster;
    await project.pulumi("cancel", "--yes");
    const open = pendingOperations({ version: 3, deployment: state() }).filter(({ type }) => type === "creating");
    if (!refused && open.length > 0) await expectRefused();
    const of: Interrupted = { engine: project.engine, aws: project.aws };
    await recover(of, { settleSeconds: 0 }, () => undefined);
    const { resources = [], pending_operations: pending = [] } = state();
    expect(pending).toEqual([]);
    const made = open.filter(({ resource }) => resources.some(({ urn }) => urn === resource.urn)).length;
    creations.made += made;
    creations.not += open.length - made;
    killed += 1;
  }

  /** Kills a run so many times, mends and goes on; the last one is not killed. */
  async function interrupt(command: "up" | "destroy", times: number, within: number): Promise<number> {
    for (let done = 0; done < times; done += 1) {
      if (!(await killDuring(command, within))) return done;
      await mend();
      // Subscribing once more is the same subscription.
      await expectSame("TopicSubscription");
    }
    return times;
  }

  test("is recovered from: an update", async () => {
    await interrupt("up", 4, 30);
    expect(refused).toBe(true);
    expect(await cluster.project.up()).toMatchObject({ code: 0 });
    await expectSame();
  });

  test("is recovered from: a roll", async () => {
    for (const type of ["t3.medium", "t3.large", "t3.medium", "t3.large", "t3.medium"]) {
      if (killed >= 8) break;
      configure(type);
      await interrupt("up", 8 - killed, 12);
    }
    expect(await cluster.project.up()).toMatchObject({ code: 0 });
    await expectSame();
    expect(await cluster.project.preview("--expect-no-changes")).toMatchObject({ code: 0 });
  });

  test("is recovered from: a destroy", async () => {
    await interrupt("destroy", 20 - killed, 8);
    expect(await cluster.project.pulumi("destroy", "--yes", "--skip-preview")).toMatchObject({ code: 0 });
    expect(await inAws(cluster.project.aws)).toEqual([]);
    expect(killed).toBeGreaterThanOrEqual(20);
  });
});
