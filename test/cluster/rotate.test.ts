/** Rotation of keys on a running cluster, through the real engine: what changes, what clients and Consul see, and what hosts have afterwards. */
import { randomBytes } from "node:crypto";
import { eventually } from "./awsCli";
import { type Change, type Deployment, dayTwo, deployed, setting, type Updated } from "./deployment";
import { SteadyWriter } from "./steadyWriter";
import { describeOnHosts } from "./support";

jest.setTimeout(5 * 60_000);

/** The longest that Consul may take to elect another leader, with the shortest timing that it has. */
const ELECTION_SECONDS = 5;

/** What Consul says of a member. */
const [ALIVE, LEFT, FAILED] = [1, 3, 4];

interface Keyring {
  NumNodes: number;
  Keys: Record<string, number>;
  PrimaryKeys: Record<string, number>;
}

describeOnHosts("the rotation of", () => {
  let cluster: Deployment;
  beforeAll(async () => {
    cluster = await deployed(dayTwo);
  }, 20 * 60_000);

  const absent = "sync-default-03";
  // A test that fails may leave it stopped, for those that come after.
  afterEach(() => cluster.aws("ec2 start-instances --instance-ids", cluster.instanceId(absent)));

  const names = () => cluster.outputs.hosts.map(({ name }) => name);
  const steps = ({ changes }: Updated) => changes.map(({ op, type, name }) => `${op} ${type.split(":").pop()} ${name}`);
  /** What a script prints on each of the hosts. */
  const onAll = (hosts: string[], script: string) => Promise.all(hosts.map((host) => cluster.exec(host, script)));
  const withApps = () => names().filter((name) => !name.startsWith("consul"));

  const directory = (authorization: string) =>
    cluster.fetch("/realms/files/%2F__admin", { headers: { authorization } });
  const auth = async (request: object) => {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ app_id: "test", ...request });
    const response = await cluster.fetch("/auth", { method: "POST", headers, body });
    const text = await response.text();
    if (!text.startsWith("{")) throw new Error(`HTTP ${response.status}: ${text}`);
    return { status: response.status, body: JSON.parse(text) as { refresh_token: { token: string } } };
  };
  const logIn = (data: string, register: boolean) =>
    auth({ provider: "password", data, user_info: { password: "p", register } });

  it("the pair that signs tokens ends every session, on all nodes, and touches no host", async () => {
    const user = `user-${randomBytes(6).toString("hex")}`;
    const session = (await logIn(user, true)).body.refresh_token.token;
    const goOn = () => auth({ provider: "realm", data: session, path: "/~/own" });
    const old = cluster.outputs.adminToken;
    expect((await directory(old)).status).toBe(200);
    expect((await goOn()).status).toBe(200);

    const change = setting("rotation", { authKey: "b" });
    const updated = await cluster.up(change);
    expect(updated).toMatchObject({ ok: true });
    const [created, ...rest] = steps(updated);
    expect(created).toBe("create PrivateKey auth-key-b");
    // Both parameters at once.
    expect(rest.slice(0, 2).sort()).toEqual(["update Parameter auth-key", "update Parameter auth-pub"]);
    expect(rest.slice(2)).toEqual(["update Command auth-key-taken-up", "delete PrivateKey auth-key"]);
    const { adminToken } = cluster.outputs;
    expect(adminToken).not.toBe(old);
    await eventually(
      () => directory(adminToken),
      ({ status }) => status === 200,
    );
    expect((await directory(old)).status).toBe(401);
    // Realm Object Server's answer to a refresh token that its key did not sign.
    expect((await goOn()).status).toBe(403);
    expect((await logIn(user, false)).status).toBe(200);

    // What is stored, and what the processes were started with.
    const sums = "sha256sum /etc/realm-cluster/secrets/auth-key /run/credentials/*.service/auth-key | cut -c 1-64";
    expect(new Set((await onAll(withApps(), sums)).flatMap((text) => text.split("\n"))).size).toBe(1);
    expect((await onAll(names(), "find / -xdev -name admin.json")).join("")).toBe("");
    expect(steps(await cluster.up(change))).toEqual([]);
  });

  it("the key of Consul's gossip goes unnoticed, and a host that is down meanwhile takes it up when it boots", async () => {
    const id = cluster.instanceId(absent);
    /** What so many agents have. Consul answers 500 while one of its members is too busy to tell. */
    const keyring = (agents: number) =>
      eventually(
        async () => (await cluster.consul<Keyring[]>("operator/keyring").catch(() => undefined))?.[0],
        (ring) => ring?.NumNodes === agents,
        30,
      );
    const members = () => cluster.consul<{ Name: string; Status: number }[]>("agent/members");
    const statusOfAbsent = async () => (await members()).find(({ Name }) => Name === absent)?.Status;
    const old = Object.keys((await keyring(names().length))!.Keys);
    expect(old).toHaveLength(1);
    await cluster.aws("ec2 stop-instances --instance-ids", id);
    await eventually(statusOfAbsent, (status) => status === LEFT || status === FAILED, 90);
    const began = await cluster.exec("core-services-01", "date '+%F %T'");
    const writer = await SteadyWriter.start(cluster, "sync-default-01");

    const updated = await cluster.up(setting("rotation", { authKey: "b", gossipKey: "b" }));
    const written = await writer.stop();
    expect(updated).toMatchObject({ ok: true });
    expect(steps(updated)).toEqual([
      "create RandomBytes gossip-key-b",
      "update Parameter gossip-key",
      "update Command gossip-key-taken-up",
      "delete RandomBytes gossip-key",
    ]);
    console.info(`writes to Consul during the rotation of its key: ${JSON.stringify(written)}`);
    expect(written.longestGap.seconds).toBeLessThan(ELECTION_SECONDS);
    const present = names().filter((name) => name !== absent);
    const grep = "--grep 'EventMemberFailed|decrypt' --output cat --quiet";
    const unreached = `journalctl --unit consul --since '${began}' ${grep} || true`;
    // Not all see at the same time that the one that was stopped is away.
    const lines = (await onAll(present, unreached)).flatMap((text) => text.split("\n"));
    expect(lines.filter((line) => line && !line.includes(`EventMemberFailed: ${absent}`))).toEqual([]);

    const key = await cluster.secret("gossip-key");
    expect(old).not.toContain(key);
    const only = (agents: number) => ({ NumNodes: agents, Keys: { [key]: agents }, PrimaryKeys: { [key]: agents } });
    expect(await keyring(present.length)).toMatchObject(only(present.length));

    await cluster.aws("ec2 start-instances --instance-ids", id);
    await eventually(statusOfAbsent, (status) => status === ALIVE, 120);
    expect(await keyring(names().length)).toMatchObject(only(names().length));
    const stored = await onAll(
      names(),
      "cat /etc/realm-cluster/secrets/gossip-key; ls /var/lib/realm-cluster/consul/serf",
    );
    expect(new Set(stored)).toEqual(new Set([`${key}local.snapshot`]));
  });

  it("the feature token is taken up host by host", async () => {
    const token: Change = (config) => ({ ...config, "realm-cluster:featureToken": "another" });
    const change = (config: Parameters<Change>[0]) =>
      token(setting("rotation", { authKey: "b", gossipKey: "b" })(config));
    const updated = await cluster.up(change);
    expect(updated).toMatchObject({ ok: true });
    expect(steps(updated)).toEqual(["update Parameter feature-token", "update Command feature-token-taken-up"]);
    const running = await onAll(
      withApps(),
      "cat /run/credentials/*.service/feature-token | sed 's/another/&\\n/g' | sort -u",
    );
    expect(new Set(running)).toEqual(new Set(["another"]));
    // The hosts of this machine share a clock.
    const started = "systemctl show -P ActiveEnterTimestampMonotonic sync-worker core-services | sort -n | tail -n 1";
    const times = (await onAll(withApps(), started)).map(Number);
    const inOrder = withApps().sort();
    const byName = inOrder.map((name) => times[withApps().indexOf(name)]);
    expect(byName).toEqual([...byName].sort((a, b) => a - b));
  });
});
