/** Backups are worth what can be restored from them: a group in place, Consul's keys, and a cluster of which nothing else is left. */
import { randomBytes } from "node:crypto";
import { type Change, type Deployment, all, dayTwo, deployed } from "./deployment";
import { connect, logIn, request } from "./realmProcesses";
import { describeOnHosts } from "./support";

jest.setTimeout(10 * 60_000);

const REALM = "/notes";

describeOnHosts("from backups", () => {
  let cluster: Deployment;
  let seconds: () => string;

  beforeAll(async () => {
    cluster = await deployed(dayTwo);
  }, 20 * 60_000);
  beforeEach(() => {
    const began = Date.now();
    seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
  });

  const url = () => cluster.outputs.studioUrl;
  const hosts = (service: string) =>
    cluster.outputs.hosts.filter(({ services }) => services.includes(service)).map(({ name }) => name);
  /** A change that has the group `default` made of a snapshot. */
  const restored = (restoreFrom: string): Change => {
    return (config) => {
      const [group] = config["realm-cluster:syncWorkerGroups"] as object[];
      return { ...config, "realm-cluster:syncWorkerGroups": [{ ...group, restoreFrom }] };
    };
  };

  test("a group is restored in place, on each of its workers, and serves as it did when the snapshot was taken", async () => {
    const [ann, ben] = [newUser(), newUser()];
    await write("early");
    expect((await logIn(url(), ann, "p", true)).status).toBe(200);
    const snapshot = await snapshotOfMaster();
    await write("late");
    expect((await logIn(url(), ben, "p", true)).status).toBe(200);
    expect(await notes()).toEqual(["early", "late"]);
    const prepared = seconds();

    const workers = hosts("sync-worker");
    const instances = workers.map((name) => cluster.instanceId(name));
    await cluster.aws("ec2 stop-instances --instance-ids", ...instances);
    await cluster.aws("ec2 wait instance-stopped --instance-ids", ...instances);
    const stopped = seconds();
    expect(await cluster.up(restored(snapshot))).toMatchObject({ ok: true });
    const up = seconds();
    for (const host of hosts("core-services")) await restartCore(host);
    expect(await notes()).toEqual(["early"]);
    console.info(
      `a group is restored: prepared ${prepared}, stopped ${stopped}, pulumi up ${up}, in service ${seconds()}`,
    );

    expect((await logIn(url(), ann, "p", false)).status).toBe(200);
    expect((await logIn(url(), ben, "p", false)).status).toBe(401);
    const logs = workers.map((name) =>
      cluster.exec(name, `cat /var/lib/realm-cluster/sync-worker/sync/realms/${encodeURIComponent(REALM)}.log`),
    );
    for (const log of await Promise.all(logs)) expect(new Set(log.match(/early|late/g))).toEqual(new Set(["early"]));
    await write("after");
    expect(await notes()).toEqual(["early", "after"]);
    await cluster.untilHealthy();
    // The snapshot is not needed any more, and forgetting it changes nothing.
    expect((await cluster.up()).changes).toEqual([]);
  });

  test("keys of Consul are had again from the file that its timer makes, and nothing else of it", async () => {
    const [server] = hosts("consul-server");
    const snapshots = "/var/lib/realm-cluster/consul-snapshots";
    expect(await cluster.exec(server, "systemctl is-active consul-snapshot.timer")).toBe("active");
    const consul = (command: string) => cluster.consulCommand(command, server);
    await consul("kv put ours/key early");
    await cluster.exec(server, "systemctl start consul-snapshot");
    const file = await cluster.exec(server, `ls -t ${snapshots}/*.snap | head -n 1`);
    expect(await cluster.exec(server, `consul snapshot inspect ${file}`)).toMatch(/^\s*KVS\s/m);
    await consul("kv delete ours/key");
    await consul("kv put others late");

    await importKeys(server, await exportKeys(server, file));
    expect([await consul("kv get ours/key"), await consul("kv get others")]).toEqual(["early", "late"]);
    await consul("kv delete -recurse ours");
    await consul("kv delete others");
    await cluster.untilHealthy();
  });

  test("a cluster that is gone is made anew of a copy of a snapshot and the key, and takes the tokens that clients have", async () => {
    const user = newUser();
    expect((await logIn(url(), user, "p", true)).status).toBe(200);
    await write("kept");
    const kept = await notes();
    const { adminToken } = cluster.outputs;
    const authKey = await cluster.secret("auth-key");
    const [server] = hosts("consul-server");
    await cluster.consulCommand("kv put ours/key early", server);
    await cluster.consulCommand("snapshot save /tmp/all.snap", server);
    const keys = await exportKeys(server, "/tmp/all.snap");
    const snapshot = await copied(await snapshotOfMaster());
    await cluster.destroy();
    const destroyed = seconds();

    const key: Change = (config) => ({ ...config, "realm-cluster:authKey": authKey });
    expect(await cluster.up(all(restored(snapshot), key))).toMatchObject({ ok: true });
    expect(await notes(adminToken)).toEqual(kept);
    console.info(`a cluster is restored: gone after ${destroyed}, in service after ${seconds()}`);
    expect((await logIn(url(), user, "p", false)).status).toBe(200);
    await cluster.untilHealthy();

    await importKeys(server, keys);
    expect(await cluster.consulCommand("kv get ours/key", server)).toBe("early");
  });

  const newUser = () => `user-${randomBytes(6).toString("hex")}`;

  /** Opens the realm as Realm Studio does: the proxy refuses one that the directory does not know. */
  async function open(token: string) {
    const known = await request(`${url()}/realms/files/${encodeURIComponent(REALM)}`, {
      headers: { authorization: token },
    });
    expect(known.status).toBe(200);
    const client = await connect(url(), REALM, token);
    expect(client.status).toBe(101);
    expect(await client.next()).toMatchObject({ role: "master" });
    return client;
  }

  /** Writes a note, and waits until it is safe. */
  async function write(text: string): Promise<void> {
    const client = await open(cluster.outputs.adminToken);
    client.send({ id: `${text}-${randomBytes(6).toString("hex")}`, ops: [["set", "Note", text, { text }]] });
    expect(await client.next()).toHaveProperty("ack");
    await client.close();
  }

  /** All notes, in the order in which they were written. */
  async function notes(token = cluster.outputs.adminToken): Promise<string[]> {
    const client = await open(token);
    client.send({ bind: 0 });
    const texts: string[] = [];
    for (;;) {
      const message = (await client.next()) as { upTo?: number; ops?: [string, string, string][] };
      if (message.upTo !== undefined) break;
      texts.push(...message.ops!.map(([, , text]) => text));
    }
    await client.close();
    return texts;
  }

  async function snapshotOfMaster(): Promise<string> {
    type Entry = { Node: { Node: string }; Service: { Tags: string[] } };
    const entries = await cluster.consul<Entry[]>("health/service/sync?passing");
    const { Node } = entries.find(({ Service }) => Service.Tags.includes("role=master"))!.Node;
    const { Volumes } = await cluster.aws<{ Volumes: { VolumeId: string }[] }>(
      "ec2 describe-volumes --filters",
      `Name=tag:Name,Values=*-${Node}-data`,
    );
    const { SnapshotId } = await cluster.aws<{ SnapshotId: string }>(
      "ec2 create-snapshot --volume-id",
      Volumes[0].VolumeId,
    );
    return SnapshotId;
  }

  /** As a backup comes to another region; the original is lost. */
  async function copied(original: string): Promise<string> {
    const { SnapshotId } = await cluster.aws<{ SnapshotId: string }>(
      "ec2 copy-snapshot --source-region eu-west-1 --source-snapshot-id",
      original,
    );
    await cluster.aws("ec2 delete-snapshot --snapshot-id", original);
    return SnapshotId;
  }

  /** Keys below `ours`, out of a snapshot of Consul: by an agent that is alone, as an operator's own machine has it. */
  function exportKeys(host: string, file: string): Promise<string> {
    const script = [
      "ip link set lo up",
      "consul agent -dev >/dev/null & agent=$!",
      "until consul operator raft list-peers >/dev/null 2>&1; do sleep 0.2; done",
      `consul snapshot restore ${file} >&2 && consul kv export ours`,
      "status=$?; kill $agent; exit $status",
    ];
    return cluster.exec(host, `unshare --net bash -c '${script.join("\n")}'`);
  }

  async function importKeys(host: string, keys: string): Promise<void> {
    await cluster.exec(host, `cat >/tmp/keys.json <<'JSON'\n${keys}\nJSON`);
    await cluster.consulCommand("kv import @/tmp/keys.json", host);
  }

  async function restartCore(host: string): Promise<void> {
    const works = 'curl -fsS -o /dev/null "http://127.0.0.1:9080/health?thisInstance=true"';
    await cluster.exec(
      host,
      `systemctl restart core-services realm-directory; until ${works}; do sleep 0.5; done 2>&1`,
    );
  }
});
