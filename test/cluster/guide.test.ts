/** The guide's cluster, checked as the guide validates it: Consul's members, its services, and a login. */
import { randomBytes, generateKeyPairSync, sign } from "node:crypto";
import WebSocket from "ws";
import type { ClusterState } from "../../local/cluster/state";
import { clusterState, npm } from "./localCluster";
import { describeOnHosts } from "./support";

jest.setTimeout(60_000);

describeOnHosts("the guide's cluster", () => {
  let state: ClusterState;
  let token: string;

  beforeAll(async () => {
    await npm("start");
    state = await clusterState();
    token = (await npm("token")).trim();
  }, 20 * 60_000);

  const service = (name: string) => state.services.find((one) => one.name === name)?.instances ?? [];

  it("is healthy", () => {
    expect(state.healthy).toBe(true);
    expect(state.hosts.map((host) => [host.name, host.ready])).toEqual([
      ["consul-01", true],
      ["consul-02", true],
      ["consul-03", true],
      ["core-services-01", true],
    ]);
  });

  it("has three Consul servers alive, one of which leads", () => {
    expect(state.consul.servers.map((server) => [server.name, server.alive])).toEqual([
      ["consul-01", true],
      ["consul-02", true],
      ["consul-03", true],
    ]);
    expect(state.consul.servers.map((server) => server.name)).toContain(state.consul.leader);
  });

  it("has exactly one sync master for the label default, on one of three workers", () => {
    const workers = service("sync").filter((instance) => instance.tags.includes("label=default"));
    expect(workers.map((instance) => instance.host)).toEqual(["consul-01", "consul-02", "consul-03"]);
    expect(workers.filter((instance) => instance.tags.includes("role=master"))).toHaveLength(1);
  });

  it("has exactly one Realm directory", () => {
    expect(service("realms").map((instance) => instance.host)).toEqual(["core-services-01"]);
  });

  it("has every service passing", () => {
    expect(state.services.map((one) => one.name)).toEqual(
      expect.arrayContaining(["auth", "consul", "health", "permissions", "realms", "sync"]),
    );
    const failing = state.services.flatMap((one) => one.instances.filter((instance) => !instance.passing));
    expect(failing).toEqual([]);
  });

  describe("through the load balancer", () => {
    const get = (path: string, headers: Record<string, string> = {}) => fetch(state.loadBalancer + path, { headers });
    const post = (path: string, body: unknown) =>
      fetch(state.loadBalancer + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });

    it.each(["/health", "/health?thisInstance=true"])("answers %s", async (path) => {
      const response = await get(path);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ version: expect.stringMatching(/^3\./) });
    });

    it("takes the admin token where Studio uses it", async () => {
      const response = await get(`/realms/files/${encodeURIComponent("/__admin")}`, { authorization: token });
      expect(response.status).toBe(200);
    });

    it("refuses a token that another key signed", async () => {
      const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
      const claims = Buffer.from(token.split(":")[0], "base64");
      const forged = `${claims.toString("base64")}:${sign("RSA-SHA256", claims, privateKey).toString("base64")}`;
      const response = await get(`/realms/files/${encodeURIComponent("/__admin")}`, { authorization: forged });
      expect(response.status).toBe(401);
    });

    it("registers a user and logs it in, and refuses a wrong password", async () => {
      const username = `user-${randomBytes(6).toString("hex")}`;
      const login = (password: string, register: boolean) =>
        post("/auth", {
          app_id: "io.realm.auth",
          provider: "password",
          data: username,
          user_info: { password, register },
        });
      const registered = await login("correct horse", true);
      expect(registered.status).toBe(200);
      const loggedIn = await login("correct horse", false);
      expect(loggedIn.status).toBe(200);
      const body = (await loggedIn.json()) as { refresh_token: { token: string } };
      expect(body.refresh_token.token).toMatch(/^[\w+/=]+:[\w+/=]+$/);
      expect((await login("wrong", false)).status).toBe(401);
    });

    it("upgrades a WebSocket to the sync master and gets an answer from it", async () => {
      const url = state.loadBalancer.replace(/^http/, "ws") + `/realm-sync/${encodeURIComponent("/__admin")}`;
      const socket = new WebSocket(url, {
        headers: { Authorization: `Realm-Access-Token version=1 token="${token}"` },
      });
      const answer = await new Promise<string>((resolve, reject) => {
        socket.once("unexpected-response", (_request, response) => reject(new Error(`HTTP ${response.statusCode}`)));
        socket.once("error", reject);
        socket.once("message", (data) => resolve(data.toString()));
        socket.once("open", () => socket.send("hello"));
      });
      socket.close();
      const master = service("sync").find((instance) => instance.tags.includes("role=master"));
      expect(JSON.parse(answer)).toMatchObject({
        id: master?.host,
        label: "default",
        role: "master",
        realm: "/__admin",
      });
    });
  });
});
