/**
 * The apps of the hosts, on Node.js 8 with the packages that hosts install and with real Consul, as processes of this
 * machine: what the real core services do, and what the stand-ins for the licensed packages must do for them.
 */
import { generateKeyPairSync } from "node:crypto";
import { Agent, get } from "node:http";
import WebSocket from "ws";
import { ensureTools } from "../../local/tools";
import { type Answer, connect, isMaster, isSlave, logIn, post, RealmProcesses, request } from "./realmProcesses";
import { describeOnHosts } from "./support";

jest.setTimeout(60_000);

const workers = { w1: "127.60.0.1", w2: "127.60.0.2", w3: "127.60.0.3" };
const cores = { core1: "http://127.60.0.11:19080", core2: "http://127.60.0.12:19081" };
const realm = new RealmProcesses();

const startWorker = (id: keyof typeof workers) => realm.worker(id, workers[id], 19090 + Number(id[1]));
const nameOf = (address: string) =>
  Object.entries(workers).find((entry) => entry[1] === address)![0] as keyof typeof workers;

beforeAll(async () => {
  await realm.open(await ensureTools((line) => process.stderr.write(`${line}\n`)));
  // The wrong way round, as hosts may boot: core services and the directory wait for what they need.
  realm.app("core1", "coreServices", "127.60.0.11", 19080, { GRAPHQL: "true" });
  realm.app("core2", "coreServices", "127.60.0.12", 19081);
  realm.app("directory", "realmDirectory", "127.60.0.11", 19082);
  startWorker("w1");
  startWorker("w2");
  startWorker("w3");
  await realm.until("sync", (all) => all.length === 3 && all.some(isMaster) && all.some(isSlave));
  await realm.until("auth", (all) => all.length === 2);
}, 900_000);

afterAll(() => realm.close());

/** Asks again until the answer is 200, which the test's time limit bounds. */
async function eventually(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (answer.status === 200) return answer;
  }
}

/** What Realm Studio does before it opens a realm: the proxy refuses one that the directory does not know. */
const register = (path: string) =>
  request(`${cores.core1}/realms/files/${encodeURIComponent(path)}`, authorized(realm.adminToken()));

const authorized = (token: string) => ({ headers: { Authorization: token } });

describeOnHosts("a cluster that has just started", () => {
  test("has one master, one slave and a spare, and one directory", async () => {
    const found = await realm.until("sync", (all) => all.length === 3);
    expect(found.map(({ tags }) => tags.join(" ")).sort()).toEqual([
      "role=master label=default",
      "role=slave label=default",
      "role=spare label=default",
    ]);
    expect(await realm.until("realms", () => true)).toHaveLength(1);
  });

  test.each(["/health", "/health?thisInstance=true"])("%s is 200", async (path) => {
    expect(await request(`${cores.core1}${path}`)).toEqual({ status: 200, body: { version: "3.12.0" } });
  });

  test("the plain /health fails while a group that hosts are for has no master, and a core node's own does not", async () => {
    const health = async (query = "") => (await request(`${cores.core2}/health${query}`)).status;
    await realm.register({ name: "sync-worker", tags: ["label=late"] });
    expect([await health(), await health("?thisInstance=true")]).toEqual([503, 200]);
    realm.worker("late", "127.60.0.5", 19095, "late");
    await realm.until("sync", (all) => all.some((one) => isMaster(one) && one.tags.includes("label=late")));
    expect(await health()).toBe(200);
    expect(await realm.end("late", "SIGTERM")).toBe(0);
    expect(await health()).toBe(503);
    await realm.deregister("sync-worker");
    expect(await health()).toBe(200);
  });

  test("a user who registers at one core node logs in at the other", async () => {
    expect((await logIn(cores.core1, "ann", "secret", true)).status).toBe(200);
    // The other node knows the user as soon as the sync master has told it.
    const login = await eventually(() => logIn(cores.core2, "ann", "secret", false));
    const refresh = login.body.refresh_token.token;
    const access = await post(`${cores.core2}/auth`, {
      provider: "realm",
      data: refresh,
      path: "/~/todo",
      app_id: "test",
    });
    expect(access.body.access_token.token_data).toMatchObject({
      path: `/${login.body.refresh_token.token_data.identity}/todo`,
      sync_label: "default",
    });
  });

  test.each([
    ["ann", "wrong"],
    ["realm-admin", ""],
  ])("the user %s does not log in with the password %j", async (user, password) => {
    expect((await logIn(cores.core1, user, password, false)).status).toBe(401);
  });

  const studio = ["/realms/files/%2F__admin", "/realms/files/%2Fnew?shouldCreate=true", "/stats/instant/x"];

  test.each(studio)("the admin token is accepted at %s", async (path) => {
    expect((await request(cores.core2 + path, authorized(realm.adminToken()))).status).toBe(200);
  });

  test.each(studio)("a token signed by another key is refused at %s", async (path) => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const forged = realm.adminToken(privateKey.export({ type: "pkcs8", format: "pem" }) as string);
    expect((await request(cores.core2 + path, authorized(forged))).status).toBe(401);
  });

  test("GraphQL tells of users to the administrator alone, where it is asked for", async () => {
    await logIn(cores.core1, "graph", "secret", true);
    const query = `${cores.core1}/graphql/%2F__admin?query=${encodeURIComponent("{ accounts { providerId } }")}`;
    const told = await request(query, authorized(realm.adminToken()));
    expect(told.status).toBe(200);
    expect(told.body.data.accounts).toContainEqual({ providerId: "graph" });
    expect((await request(query)).status).toBe(403);
    expect((await request(query.replace(cores.core1, cores.core2), authorized(realm.adminToken()))).status).toBe(404);
  });

  test("Studio's log stream opens with the admin token", async () => {
    const socket = new WebSocket(`${cores.core1.replace("http", "ws")}/log/info`);
    socket.once("open", () => socket.send(JSON.stringify({ action: "authenticate", token: realm.adminToken() })));
    const entries = await new Promise((resolve, reject) => {
      socket.once("message", (data) => resolve(JSON.parse(String(data))));
      socket.once("close", (code, reason) => reject(new Error(`closed: ${code} ${reason}`)));
    });
    expect(entries).toEqual(expect.arrayContaining([expect.objectContaining({ level: "info" })]));
    socket.terminate();
  });

  test("a sync client reaches the master through the proxy, which says that it is a stand-in", async () => {
    await register("/chat");
    const client = await connect(cores.core1, "/chat", realm.adminToken());
    expect(client.status).toBe(101);
    expect(await client.next()).toEqual({
      welcome: expect.stringContaining("STAND-IN"),
      id: nameOf(await realm.master()),
      label: "default",
      role: "master",
      realm: "/chat",
    });
    await client.close();
  });

  test("a group whose master comes late is served as soon as it is there", async () => {
    const path = "/elsewhere";
    const token = realm.sign({ identity: "ann", access: ["download"], path, sync_label: "other" });
    expect((await connect(cores.core1, path, token)).status).toBe(503);
    realm.worker("other", "127.60.0.4", 19094, "other");
    await realm.until("sync", (all) => all.filter(isMaster).length === 2);
    const client = await connect(cores.core1, path, token);
    expect(client.status).toBe(101);
    expect(await client.next()).toMatchObject({ id: "other", label: "other" });
    await client.close();
    expect(await realm.end("other", "SIGTERM")).toBe(0);
    await realm.until("sync", (all) => all.length === 3);
  });

  test("a sync client with a token that is not for this realm is refused", async () => {
    await logIn(cores.core1, "bob", "secret", true);
    const refresh = (await logIn(cores.core1, "bob", "secret", false)).body.refresh_token.token;
    const access = await post(`${cores.core1}/auth`, {
      provider: "realm",
      data: refresh,
      path: "/~/own",
      app_id: "test",
    });
    const { token } = access.body.access_token;
    const client = await connect(cores.core1, "/somebody/else", token);
    expect(client.status).toBe(400);
    await client.close();
  });
});

describeOnHosts("when the master fails", () => {
  const change = { id: "c1", ops: [["set", "Message", "1", { text: "hello" }]] };

  test("the slave takes over with all that was acknowledged, and the proxies follow", async () => {
    await register("/room");
    const client = await connect(cores.core1, "/room", realm.adminToken());
    await client.next();
    client.send(change);
    expect(await client.next()).toEqual({ ack: "c1", version: 1 });

    const [master, slave] = await roles();
    await realm.end(nameOf(master), "SIGKILL");
    await realm.until("sync", (all) => all.some((one) => isMaster(one) && one.address === slave));

    const next = await connectTo(slave, "/room");
    next.send({ bind: 0 });
    expect(await next.next()).toEqual({ version: 1, ...change });
    expect(await next.next()).toEqual({ upTo: 1 });
    // Sent again, as a client does that saw no acknowledgement: it is not written twice.
    next.send(change);
    next.send({ ping: 1 });
    expect(await next.next()).toEqual({ pong: 1 });
    await next.close();
    expect((await logIn(cores.core2, "ann", "secret", false)).status).toBe(200);
    startWorker(nameOf(master));
    await realm.until("sync", (all) => all.length === 3 && all.filter(isMaster).length === 1 && all.some(isSlave));
  });

  test("a frozen master that wakes up again acknowledges nothing", async () => {
    const [master, slave] = await roles();
    const asleep = await connect(`http://${master}:7800`, "/room", realm.adminToken());
    await asleep.next();
    realm.signal(nameOf(master), "SIGSTOP");
    asleep.send({ id: "c2", ops: [["set", "Message", "2", { text: "lost" }]] });
    await realm.until("sync", (all) => all.some((one) => isMaster(one) && one.address === slave));
    realm.signal(nameOf(master), "SIGCONT");
    await expect(asleep.next()).rejects.toThrow("closed");
    const now = await realm.until("sync", (all) => all.length === 3 && all.filter(isMaster).length === 1);
    expect(now.find(isMaster)!.address).toBe(slave);
  });

  test("a frozen slave is replaced by the spare, and is the spare when it wakes up", async () => {
    const [master, slave] = await roles();
    realm.signal(nameOf(slave), "SIGSTOP");
    await realm.until("sync", (all) => all.some((one) => isSlave(one) && one.address !== slave));
    const client = await connect(`http://${master}:7800`, "/room", realm.adminToken());
    await client.next();
    client.send({ id: "c3", ops: [["clear"]] });
    expect(await client.next()).toMatchObject({ ack: "c3" });
    await client.close();
    realm.signal(nameOf(slave), "SIGCONT");
    const all = await realm.until("sync", (now) => now.length === 3 && now.filter(isSlave).length === 1);
    expect(all.find(isMaster)!.address).toBe(master);
    expect(all.find(isSlave)!.address).not.toBe(slave);
  });

  test("a master that is stopped hands over, and ends with 0", async () => {
    const [master, slave] = await roles();
    expect(await realm.end(nameOf(master), "SIGTERM")).toBe(0);
    await realm.until("sync", (all) => all.length === 2 && all.some((one) => isMaster(one) && one.address === slave));
    startWorker(nameOf(master));
    await roles();
  });

  /** The addresses of the master and of its slave, once both are there. */
  async function roles(): Promise<[string, string]> {
    const all = await realm.until(
      "sync",
      (now) => now.length === 3 && now.filter(isMaster).length === 1 && now.some(isSlave),
    );
    return [all.find(isMaster)!.address, all.find(isSlave)!.address];
  }

  /**
   * A connection through the proxy that reached this worker: right after an election a proxy may know the old master
   * still.
   */
  async function connectTo(worker: string, path: string) {
    for (;;) {
      const client = await connect(cores.core1, path, realm.adminToken());
      if (client.status === 101 && (await client.next()).id === nameOf(worker)) return client;
      await client.close();
    }
  }
});

describeOnHosts("when the realm directory moves", () => {
  const directoryOf = (node: string) =>
    request(`${node}/realms/files/${encodeURIComponent("/__admin")}`, authorized(realm.adminToken()));

  test("requests that need it wait, also on a core node that is told to stop, which ends when they are answered", async () => {
    expect(await realm.end("directory", "SIGTERM")).toBe(0);
    await realm.until("realms", (all) => all.length === 0);
    const waiting = [directoryOf(cores.core1), directoryOf(cores.core2)];
    const socket = connect(cores.core1, "/__admin", realm.adminToken());
    // Another client keeps its connection open, as the load balancer does.
    const agent = new Agent({ keepAlive: true });
    await new Promise((resolve, reject) =>
      get(`${cores.core2}/health?thisInstance=true`, { agent }, (answer) => answer.resume().on("end", resolve)).on(
        "error",
        reject,
      ),
    );
    const ended = realm.end("core2", "SIGTERM");
    realm.app("directory", "realmDirectory", "127.60.0.12", 19082);
    expect(await Promise.all(waiting)).toEqual([
      expect.objectContaining({ status: 200 }),
      expect.objectContaining({ status: 200 }),
    ]);
    const client = await socket;
    expect(client.status).toBe(101);
    await client.close();
    expect(await ended).toBe(0);
    realm.app("core2", "coreServices", "127.60.0.12", 19081);
    await realm.until("auth", (all) => all.length === 2);
  });
});

describeOnHosts("when a core node stops", () => {
  test("it leaves nothing registered, ends with 0, and knows the users when it is back", async () => {
    expect(await realm.end("core1", "SIGTERM")).toBe(0);
    for (const service of ["auth", "permissions", "welcome"]) {
      expect(await realm.until(service, (all) => all.length === 1)).toMatchObject([{ address: "127.60.0.12" }]);
    }
    realm.app("core1", "coreServices", "127.60.0.11", 19080);
    await realm.until("auth", (all) => all.length === 2);
    expect((await logIn(cores.core1, "ann", "secret", false)).status).toBe(200);
  });
});
