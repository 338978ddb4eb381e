/** What a cluster's services do for their clients and for each other, made to happen: each thing that a security group rule is for. */
import WebSocket from "ws";
import type { Rule } from "../../plan/firewall";
import type { Deployment } from "./deployment";
import type { Place } from "./reach";

/** How long a request may take: there is no distance here. */
const PATIENCE_MS = 3000;

type Doing = () => Promise<unknown>;

export class Workload {
  private constructor(
    private readonly cluster: Deployment,
    /** The token for Consul's API that may do anything. */
    private readonly consulToken: string,
    /** A session of the user realm-admin. */
    private readonly session: string,
  ) {}

  static async prepare(cluster: Deployment): Promise<Workload> {
    const password = await cluster.secret("ros-default-password");
    const answer = await ask(cluster, "/auth", {
      provider: "password",
      data: "realm-admin",
      user_info: { password, register: false },
    });
    const { refresh_token } = (await answer.json()) as { refresh_token: { token: string } };
    return new Workload(cluster, await cluster.secret("consul-management"), refresh_token.token);
  }

  /** What clients do, by what it is called. All of it goes through both core nodes. */
  private get requests(): Record<string, Doing> {
    const { cluster, session } = this;
    const authorization = cluster.outputs.adminToken;
    // The load balancer takes turns: two requests are one for each node.
    const byBoth = (one: Doing) => () => Promise.all([one(), one()]);
    return {
      "the realm directory answers through every core node": byBoth(() =>
        ask(cluster, "/realms/files/%2F__admin", undefined, { authorization }),
      ),
      "a client gets the token of its permissions through every core node": byBoth(() =>
        ask(cluster, "/auth", { provider: "realm", data: session, path: "/~/__permission" }),
      ),
      "a client syncs through every core node": byBoth(() => sync(cluster.outputs.studioUrl, authorization)),
    };
  }

  /** Which of them a rule is for. */
  private requestOf({ group, peer, traffic }: Rule): string | undefined {
    const ends = ["core-services", "sync"];
    if (!ends.includes(group) || !("group" in peer) || !ends.includes(peer.group)) return undefined;
    const both = [group, peer.group];
    if (both.every((end) => end === "core-services") && traffic.port === 9081) return Object.keys(this.requests)[0];
    if (both.every((end) => end === "core-services") && traffic.port === 9080) return Object.keys(this.requests)[1];
    if (new Set(both).size === 2 && traffic.port === 7800) return Object.keys(this.requests)[2];
    return undefined;
  }

  /** What does not work now that a rule is for, in words; false where it works, undefined where clients would not notice for a while. */
  async broken(rule: Rule): Promise<string | false | undefined> {
    const request = this.requestOf(rule);
    if (request === undefined) return undefined;
    return this.requests[request]().then(
      () => false as const,
      () => `it does not happen that ${request}`,
    );
  }

  /** What of it all does not work. */
  async works(): Promise<string[]> {
    const tried = Object.entries(this.requests).map(([name, request]) =>
      request().then(
        () => [],
        () => [name],
      ),
    );
    return (await Promise.all(tried)).flat();
  }

  /** Everything once, between hosts of all security groups: what clients ask, and what hosts do by themselves now and then. */
  async run(members: Map<string, Place[]>, client: Place): Promise<void> {
    const groups = [...members].filter(([name]) => name !== "load-balancer").map(([, places]) => places);
    const [[balancer]] = [members.get("load-balancer")!];
    const pairs = groups.flatMap((froms) =>
      groups.map((tos) => [froms[0], tos.find((to) => to !== froms[0])!] as const),
    );
    // An agent exchanges its state with another one every half minute, and at once when it is told to join it.
    const join = (to: Place) => `CONSUL_HTTP_TOKEN='${this.consulToken}' consul join ${to.address}`;
    await Promise.all(pairs.map(([from, to]) => this.on(from, join(to))));
    // A boot that finds all done reports so to SSM; one that does not downloads first.
    const boot = "systemctl restart realm-cluster-boot && . /etc/realm-cluster/downloads.env";
    const download = 'curl --fail --silent --show-error --max-time 20 --output /dev/null "$CONSUL_URL"';
    await Promise.all(groups.map(([host]) => this.on(host, `${boot} && ${download}`)));
    for (const request of Object.values(this.requests)) await request();
    await this.on(client, `curl --fail --silent --max-time 5 http://${balancer.address}/health`);
    await this.settled(groups.flat());
  }

  /** Gossip goes round by itself, and hosts that were asked to boot again have reported. */
  private async settled(hosts: Place[]): Promise<void> {
    await Promise.all(
      hosts.map((host) =>
        this.on(host, "until [ $(systemctl is-active realm-cluster-boot) = inactive ]; do sleep 0.2; done; sleep 3"),
      ),
    );
  }

  private async on(place: Place, script: string): Promise<void> {
    const { stdout, stderr, code } = await place.run(["bash", "-c", script]);
    if (code !== 0) throw new Error(`${place.name}: ${script}: ${stderr}${stdout}`);
  }
}

async function ask(
  { outputs }: Deployment,
  path: string,
  body?: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<Response> {
  const json = { "content-type": "application/json" };
  const response = await fetch(new URL(path, outputs.studioUrl), {
    signal: AbortSignal.timeout(PATIENCE_MS),
    headers: { ...headers, ...(body && json), connection: "close" },
    ...(body && { method: "POST", body: JSON.stringify({ app_id: "test", ...body }) }),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response;
}

/** Opens a Realm's WebSocket and waits for what the master says first. */
async function sync(url: string, token: string): Promise<void> {
  const headers = { Authorization: `Realm-Access-Token version=1 token="${token}"` };
  const path = `/realm-sync/${encodeURIComponent("/__admin")}`;
  const socket = new WebSocket(url.replace(/^http/, "ws") + path, { headers, handshakeTimeout: PATIENCE_MS });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("message", () => resolve());
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("closed")));
      setTimeout(() => reject(new Error("silent")), PATIENCE_MS).unref();
    });
  } finally {
    socket.on("error", () => {});
    socket.terminate();
  }
}
