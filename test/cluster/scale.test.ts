/** Another number of hosts touches those that are added or removed, and no other. */
import { type Change, type Deployment, type Step, type Updated, all, dayTwo, deployed, setting } from "./deployment";
import { eventually } from "./awsCli";
import { SteadyWriter } from "./steadyWriter";
import { describeOnHosts } from "./support";

jest.setTimeout(10 * 60_000);

const servers = (number: number) => setting("consul", { servers: number });
const nodes = (number: number) => setting("coreServices", { nodes: number });
const workers =
  (number: number): Change =>
  (config) => {
    const [group] = config["realm-cluster:syncWorkerGroups"] as object[];
    return { ...config, "realm-cluster:syncWorkerGroups": [{ ...group, workers: number }] };
  };
/** A group of one worker more. */
const group: Change = (config) => {
  const groups = config["realm-cluster:syncWorkerGroups"] as object[];
  const extra = { label: "extra", workers: 1, allowSingleWorker: true, volumeGiB: 20 };
  return { ...config, "realm-cluster:syncWorkerGroups": [...groups, extra] };
};
const retainData: Change = (config) => ({ ...config, "realm-cluster:retainData": true });

/** What an update did to anything but these hosts' own resources, which are named after them. */
const toOthers = (changes: Step[], ...hosts: string[]) =>
  changes
    .filter(({ name, type }) => type !== "pulumi:pulumi:Stack" && !hosts.some((host) => name.startsWith(host)))
    .map(({ name, type, op }) => `${op} ${type.split(":").pop()} ${name.replace(/^realm-cluster-\w+-/, "")}`)
    .sort();

describeOnHosts("scaling", () => {
  let cluster: Deployment;

  beforeAll(async () => {
    cluster = await deployed(dayTwo);
  }, 20 * 60_000);

  const instances = () => Object.fromEntries(cluster.outputs.hosts.map(({ name, instanceId }) => [name, instanceId]));

  /** Scales with the data kept; prints what it took. */
  async function scale(what: string, change: Change): Promise<Updated> {
    const began = Date.now();
    const updated = await cluster.up(all(retainData, change));
    const custom = updated.changes.filter(
      ({ type }) => !type.startsWith("realm-cluster:") && !type.startsWith("pulumi:"),
    );
    const touched = new Set(custom.map(({ name, type }) => `${type} ${name}`));
    console.info(`${what}: ${touched.size} resources touched, ${((Date.now() - began) / 1000).toFixed(1)} s`);
    expect(updated).toMatchObject({ ok: true });
    return updated;
  }

  /** The names of those that raft counts, and of members that are not alive. */
  async function consul(): Promise<{ peers: string[]; absent: string[] }> {
    const { Servers } = await cluster.consul<{ Servers: { Node: string }[] }>("operator/raft/configuration");
    const members = await cluster.consul<{ Name: string; Status: number }[]>("agent/members");
    const absent = members.filter(({ Status }) => Status !== 1).map(({ Name }) => Name);
    return { peers: Servers.map(({ Node }) => Node).sort(), absent };
  }

  /** Makes a server the leader. */
  async function lead(name: string): Promise<void> {
    type Servers = { Servers: { Node: string; ID: string; Leader: boolean }[] };
    const { Servers } = await cluster.consul<Servers>("operator/raft/configuration");
    const { ID } = Servers.find(({ Node }) => Node === name)!;
    await cluster.consulCommand(`operator raft transfer-leader -id=${ID}`);
    await eventually(
      () => cluster.consul<Servers>("operator/raft/configuration").catch(() => undefined),
      (answer) => answer?.Servers.find(({ Leader }) => Leader)?.Node === name,
    );
  }

  /** The note of which servers there are to be is another one then. */
  const noted = ["create-replacement", "delete-replaced", "replace"].map((op) => `${op} RandomId consul-servers`);
  const base = ["consul-01", "consul-02", "consul-03"];

  test("a worker whose Realms would be deleted is not removed, and may be once they are kept", async () => {
    const refused = await cluster.preview(workers(2));
    expect(refused.ok).toBe(false);
    expect(refused.output).toContain(
      "discardData does not name sync-default-03, which is to go and would take its Realms",
    );
    const before = instances();
    const { changes } = await scale("keeping data", (config) => config);
    expect(changes.map(({ name, type, op }) => `${op} ${type} ${name}`).sort()).toEqual(
      ["01", "02", "03"].map((number) => `update aws:ebs/volume:Volume sync-default-${number}`),
    );
    expect(instances()).toEqual(before);
  });

  test("a core node is added, and no other host changes", async () => {
    const before = instances();
    const { changes } = await scale("a core node more", nodes(3));
    expect(toOthers(changes, "core-services-03")).toEqual([
      "update Command load-balancer-health",
      "update Command quorums",
    ]);
    expect(instances()).toEqual({ ...before, "core-services-03": expect.any(String) });
  });

  test("Consul goes from three servers to five and back, and a group comes and goes, while Consul serves and no host is replaced", async () => {
    const writer = await SteadyWriter.start(cluster, "sync-default-01");
    const before = instances();
    const out = await scale("two Consul servers and a group of one more", all(nodes(3), servers(5), group));
    expect(toOthers(out.changes, "consul-04", "consul-05", "extra", "sync-extra-01")).toEqual([
      ...noted,
      "update Command quorums",
    ]);
    expect(await consul()).toEqual({ peers: [...base, "consul-04", "consul-05"], absent: [] });
    expect(instances()).toMatchObject(before);

    await lead("consul-05");
    const back = await scale("two Consul servers, a core node, a worker and a group less", workers(2));
    const gone = ["consul-04", "consul-05", "core-services-03", "sync-default-03", "extra", "sync-extra-01"];
    expect(toOthers(back.changes, ...gone)).toEqual([
      ...noted,
      "update Command load-balancer-health",
      "update Command quorums",
    ]);
    const stay = Object.entries(before).filter(([host]) => !gone.includes(host));
    expect(instances()).toEqual(Object.fromEntries(stay));
    const { peers, absent } = await consul();
    expect(peers).toEqual(base);
    // What is no server leaves by itself when its instance ends, and is known as such for a day.
    expect(absent.filter((name) => name.startsWith("consul"))).toEqual([]);

    const written = await writer.stop();
    console.info(`writes to Consul while it was scaled: ${JSON.stringify(written)}`);
    expect(written.longestGap.seconds).toBeLessThan(10);
  });

  test("the volume of a worker that was removed stays, and one that is added begins with a new one", async () => {
    const volumes = async () => {
      const name = "Name=tag:Name,Values=*-sync-default-03-data";
      const { Volumes } = await cluster.aws<{ Volumes: { VolumeId: string; State: string }[] }>(
        "ec2 describe-volumes --filters",
        name,
      );
      return Object.fromEntries(Volumes.map(({ VolumeId, State }) => [VolumeId, State]));
    };
    const kept = await volumes();
    expect(Object.values(kept)).toEqual(["available"]);
    const before = instances();
    const { changes } = await scale("a worker more", workers(3));
    expect(toOthers(changes, "sync-default-03")).toEqual(["update Command quorums"]);
    expect(instances()).toEqual({ ...before, "sync-default-03": expect.any(String) });
    const now = await volumes();
    expect(now).toMatchObject(kept);
    expect(Object.values(now).sort()).toEqual(["available", "in-use"]);
    // A group that was removed is not missed.
    expect((await cluster.fetch("/health")).status).toBe(200);
  });
});
