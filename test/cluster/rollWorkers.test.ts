/** A change of a group's workers goes through the group one worker at a time, and each comes back as who it was. */
import { randomBytes } from "node:crypto";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { type Change, type Deployment, type Updated, dayTwo, deployed } from "./deployment";
import { GroupWatch, longestWithoutMaster } from "./groupWatch";
import { connect, request } from "./realmProcesses";
import { SteadyClient } from "./steadyClient";
import { describeOnHosts } from "./support";

jest.setTimeout(10 * 60_000);

const WORKERS = ["sync-default-01", "sync-default-02", "sync-default-03"];
const GROUPS = "realm-cluster:syncWorkerGroups";

/** How long a group may be without a master, in seconds, when its master leaves: the hand-over, and Consul's telling of it. */
const HANDOVER_SECONDS = 10;

const CHANGE = { id: "written before", ops: [["set", "Message", "1", { text: "hello" }]] };

/** What must be the same of a worker's host after its replacement: names, ids, addresses, and the disk with what is on it. */
const IDENTITY = [
  "hostname",
  "grep -h . /etc/realm-cluster/sync-worker.env",
  "grep SYNC_ADDRESS /etc/realm-cluster/instance.env",
  `curl -fsS http://127.0.0.1:8500/v1/agent/self | python3 -c 'import json, sys; print(json.load(sys.stdin)["Config"]["NodeID"])'`,
  "findmnt -no UUID /var/lib/realm-cluster",
  "cat /var/lib/realm-cluster/marked-by-a-test",
].join(" && ");

describeOnHosts("a roll of a group of sync workers", () => {
  let cluster: Deployment;
  beforeAll(async () => {
    cluster = await deployed(dayTwo);
  }, 20 * 60_000);

  const instanceType =
    (type: string): Change =>
    (config) => ({
      ...config,
      [GROUPS]: (config[GROUPS] as object[]).map((group) => ({ ...group, instanceType: type })),
    });
  const onWorkers = (script: string) => Promise.all(WORKERS.map((host) => cluster.exec(host, script)));
  const instances = () => WORKERS.map((host) => cluster.instanceId(host));

  test("replaces one at a time, each once the group is whole again, and no worker loses its place, its address or its data", async () => {
    const realm = newRealm();
    const { studioUrl, adminToken } = cluster.outputs;
    await write(realm);
    await onWorkers("hostname > /var/lib/realm-cluster/marked-by-a-test");
    const [identity, old] = [await onWorkers(IDENTITY), instances()];

    const client = await SteadyClient.start(studioUrl, adminToken);
    const watch = await GroupWatch.start(cluster, "consul-01", "default");
    const times = new Stopwatch();
    const rolled = await cluster.up(instanceType("m6i.xlarge"), times.observe);
    const seen = await watch.stop();
    const experience = await client.stop();
    const withoutMaster = longestWithoutMaster(seen);
    console.log(
      `rolled three workers, seconds each: ${JSON.stringify(times.seconds)}; longest without a master: ${withoutMaster.toFixed(1)} s; ` +
        `clients: ${JSON.stringify(experience)}`,
    );

    expect(rolled).toMatchObject({ ok: true });
    expect(replaced(rolled)).toEqual(WORKERS);
    expect(instances().filter((id) => old.includes(id))).toEqual([]);
    expect(await onWorkers(IDENTITY)).toEqual(identity);

    // Of three workers two were there at every moment, the one that was away was the one whose turn it was, and nobody's came twice.
    expect(seen.filter(({ workers }) => workers.length < 2)).toEqual([]);
    const away = seen.flatMap(({ workers }) => WORKERS.filter((host) => !workers.some((one) => one.host === host)));
    expect(away.filter((host, index) => host !== away[index - 1])).toEqual(WORKERS);
    expect(seen[seen.length - 1].workers.map(({ role }) => role).sort()).toEqual(["master", "slave", "spare"]);
    expect(withoutMaster).toBeLessThan(HANDOVER_SECONDS);

    expect(await read(realm)).toMatchObject(CHANGE);
    // Its user was registered before, and it has logged in all the while.
    expect(experience.answered.login).toBeGreaterThan(times.total / 5);
  });

  test("waits while another worker is away, and goes on once that one is back", async () => {
    const absent = cluster.instanceId("sync-default-03");
    let stopped: Promise<unknown> | undefined;
    let started: Promise<unknown> | undefined;
    const rolled = await cluster.up(undefined, ({ resourcePreEvent, diagnosticEvent }) => {
      const { op, urn } = resourcePreEvent?.metadata ?? {};
      if (op === "delete-replaced" && urn?.endsWith("aws:ec2/instance:Instance::sync-default-01")) {
        stopped = cluster.aws("ec2 stop-instances --instance-ids", absent);
      }
      if (diagnosticEvent?.message.includes("sync-default-02   waits for its turn: sync-default-03 has failed")) {
        started ??= cluster.aws("ec2 start-instances --instance-ids", absent);
      }
    });
    await Promise.all([stopped, started]);
    expect(rolled).toMatchObject({ ok: true });
    expect(started).toBeDefined();
    expect(replaced(rolled)).toEqual(WORKERS);
    // The directory has followed the master, wherever it was in between: it can keep a new realm.
    await write(newRealm());
  });

  const newRealm = () => `/roll-${randomBytes(4).toString("hex")}`;

  /** What a client wrote to a realm, which the directory may have to make, and was told is safe. */
  async function write(realm: string): Promise<void> {
    const { studioUrl, adminToken } = cluster.outputs;
    const path = `/realms/files/${encodeURIComponent(realm)}`;
    await request(`${studioUrl}${path}`, { headers: { Authorization: adminToken } });
    const client = await connect(studioUrl, realm, adminToken);
    await client.next();
    client.send(CHANGE);
    expect(await client.next()).toMatchObject({ ack: CHANGE.id });
    await client.close();
  }

  /** The first of what a realm holds. */
  async function read(realm: string): Promise<Record<string, unknown>> {
    const client = await connect(cluster.outputs.studioUrl, realm, cluster.outputs.adminToken);
    await client.next();
    client.send({ bind: 0 });
    const first = await client.next();
    await client.close();
    return first;
  }
});

/** The hosts whose instances were replaced, in order, each before the next was begun with. */
function replaced({ changes }: Updated): string[] {
  const steps = changes.filter(({ type, op }) => type === "aws:ec2/instance:Instance" && op !== "replace");
  const hosts = steps.filter(({ op }) => op === "create-replacement").map(({ name }) => name);
  const inTurn = hosts.flatMap((host) => [`delete-replaced ${host}`, `create-replacement ${host}`]);
  expect(steps.map(({ op, name }) => `${op} ${name}`)).toEqual(inTurn);
  return hosts;
}

/** How long each host is away: from when its disk is taken until its successor has reported that it is ready. */
class Stopwatch {
  private readonly began = new Map<string, number>();
  readonly seconds: Record<string, number> = {};

  readonly observe = ({ resourcePreEvent, resOutputsEvent }: EngineEvent) => {
    const name = (urn: string) => urn.split("::").pop()!;
    const begun = resourcePreEvent?.metadata;
    if (begun?.op === "delete-replaced" && begun.type === "aws:ec2/volumeAttachment:VolumeAttachment") {
      this.began.set(name(begun.urn), Date.now());
    }
    const done = resOutputsEvent?.metadata;
    if (!done || done.op !== "update" || !done.urn.endsWith("-boot")) return;
    const host = name(done.urn).replace(/-boot$/, "");
    this.seconds[host] = (Date.now() - this.began.get(host)!) / 1000;
  };

  get total(): number {
    return Object.values(this.seconds).reduce((sum, seconds) => sum + seconds, 0);
  }
}
