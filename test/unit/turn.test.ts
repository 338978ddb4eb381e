import type { BootReport } from "../../gates/bootReport";
import { type ConsulAnswer, parseConsulAnswer } from "../../gates/consul";
import { type Decision, Turn } from "../../gates/turn";
import type { Quorum } from "../../userdata/service";

type State = BootReport["state"];
type Led = Extract<ConsulAnswer, { leader: string }>;

const reports = (states: Record<string, State | undefined>) =>
  new Map(
    Object.entries(states).map(([host, state]) => [
      host,
      state && { host, instanceId: "i-1", bootId: "b", state, step: "ready", steps: [], at: "" },
    ]),
  );
const worker = (host: string, role: string, passing = true) => ({
  host,
  passing,
  tags: ["label=default", `role=${role}`],
});
const whole: Led = {
  leader: "10.0.0.1:8300",
  servers: ["a", "b", "c"].map((name) => ({ name, healthy: true, voter: true })),
  sync: [worker("a", "master"), worker("b", "slave"), worker("c", "spare")],
  workers: ["a", "b", "c"].map((host) => ({ host, tags: ["label=default"], passing: true })),
  core: [
    { host: "x", tags: [], passing: true },
    { host: "y", tags: [], passing: true },
  ],
};
const ready = { a: "ready", b: "ready", c: "ready" } as const;
const without = (name: string): Led => ({
  ...whole,
  servers: whole.servers.map((server) => (server.name === name ? { ...server, healthy: false } : server)),
  sync: whole.sync.map((one) => (one.host === name ? { ...one, passing: false } : one)),
});

/** What is decided at each second, when all stays as it is. */
function decide(
  states: Record<string, State | undefined>,
  consul: ConsulAnswer | undefined,
  seconds = 0,
  quorums: Quorum[] = ["consul", "sync:default"],
  host = "a",
): Decision {
  const turn = new Turn(host, quorums);
  let decision: Decision = { kind: "wait", reason: "" };
  for (let second = 0; second <= seconds; second++) {
    decision = turn.decide({ reports: reports(states), consul }, second * 1000);
    if (decision.kind !== "wait") return decision;
  }
  return decision;
}

describe("a host that works", () => {
  test("goes when everything beside it is whole", () => {
    expect(decide(ready, whole)).toEqual({ kind: "go" });
  });

  test.each<[string, ConsulAnswer | undefined, string, Quorum[]?]>([
    ["a server that is not healthy", without("b"), "Consul does not count b as a healthy voter", ["consul"]],
    [
      "a server that does not vote yet",
      { ...whole, servers: [{ name: "b", healthy: true, voter: false }] },
      "Consul does not count b as a healthy voter",
    ],
    [
      "a group without a master",
      { ...whole, sync: [worker("b", "slave")] },
      "no sync worker of label=default is the master",
    ],
    [
      "a worker that fails",
      { ...whole, sync: [worker("a", "master"), worker("b", "slave", false)] },
      "the sync worker of label=default on b fails",
    ],
    [
      "a worker that has died, and is not registered any more",
      { ...whole, sync: [worker("a", "master")], workers: [{ host: "b", tags: ["label=default"], passing: false }] },
      "the sync worker of label=default on b fails",
    ],
    [
      "a core node that fails",
      { ...whole, core: [{ host: "y", tags: [], passing: false }] },
      "core services on y fails",
      ["core-services"],
    ],
    ["no leader", { leader: null }, "Consul has no leader"],
    ["nobody who answers", undefined, "no host answers what Consul's state is"],
  ])("waits a minute for %s, and then does not go", (...[, consul, reason, quorums]) => {
    expect(decide(ready, consul, 59, quorums)).toEqual({ kind: "wait", reason });
    expect(decide(ready, consul, 60, quorums)).toEqual({ kind: "stop", reason });
  });

  test.each<[string, string, Quorum, string]>([
    ["another worker of its group", "sync-default-02", "sync:default", "sync-default-01"],
    ["another core node", "core-services-02", "core-services", "core-services-01"],
  ])("does not go while %s is away that left Consul on its way down", (_, away, quorum, host) => {
    const states = { [host]: "ready", [away]: "failed", "sync-other-01": "failed" } as const;
    const consul = { ...whole, sync: [worker(host, "master")], core: [{ host, tags: [], passing: true }] };
    expect(decide(states, consul, 60, [quorum], host)).toEqual({ kind: "stop", reason: `${away} has failed` });
  });

  test.each<[string, Quorum, string, string]>([
    ["another worker", "sync:default", "sync-default", "the sync worker of label=default"],
    ["another core node", "core-services", "core-services", "core services"],
  ])("does not go before %s that has reported is registered, too", (_, quorum, kind, what) => {
    const [one, two] = [`${kind}-01`, `${kind}-02`];
    const answer = (...hosts: string[]): ConsulAnswer => ({
      ...whole,
      sync: [worker(one, "master")],
      workers: hosts.map((host) => worker(host, "slave")),
      core: hosts.map((host) => ({ host, tags: [], passing: true })),
    });
    const decided = (consul: ConsulAnswer) => decide({ [one]: "ready", [two]: "ready" }, consul, 60, [quorum], one);
    expect(decided(answer(one))).toEqual({ kind: "stop", reason: `${what} on ${two} fails` });
    expect(decided(answer(one, two))).toEqual({ kind: "go" });
  });

  test("does not mind what is wrong with other quorums than its own", () => {
    expect(decide(ready, without("b"), 0, ["core-services"])).toEqual({ kind: "go" });
  });

  test("waits for longer while another one boots", () => {
    const reason = "Consul does not count b as a healthy voter; b is booting";
    expect(decide({ ...ready, b: "booting" }, without("b"), 300, ["consul"])).toEqual({ kind: "wait", reason });
  });

  test("does not wait for hosts of other quorums that boot", () => {
    expect(decide({ ...ready, x: "booting" }, whole)).toEqual({ kind: "go" });
  });

  test("stays while a broken one is there", () => {
    expect(decide({ ...ready, b: "failed" }, without("b"), 60).kind).toBe("stop");
  });
});

describe("a host that does not", () => {
  test("goes at once beside others that work, whatever it was", () => {
    expect(decide({ ...ready, a: "failed" }, without("a"))).toEqual({ kind: "go" });
    expect(decide({ ...ready, a: "booting" }, { ...without("a"), sync: [] })).toEqual({ kind: "go" });
  });

  test("goes beside one that is broken too: its turn comes next", () => {
    expect(decide({ ...ready, a: "failed", b: "failed" }, without("b"))).toEqual({ kind: "go" });
  });

  test("waits while another one boots, for the quorum may come back with it", () => {
    const decision = decide({ a: "failed", b: "booting", c: "ready" }, without("b"), 300);
    expect(decision).toEqual({ kind: "wait", reason: "b is booting" });
  });

  test("goes when Consul has had no leader for 15 seconds: there is nothing left to break", () => {
    const states = { a: "failed", b: "booting", c: "failed" } as const;
    expect(decide(states, { leader: null }, 14)).toMatchObject({ kind: "wait" });
    expect(decide(states, { leader: null }, 15)).toEqual({ kind: "go" });
  });

  test("does not take silence for the loss of the leader", () => {
    expect(decide({ ...ready, a: "failed" }, undefined, 59)).toMatchObject({ kind: "wait" });
    expect(decide({ ...ready, a: "failed" }, undefined, 60)).toMatchObject({ kind: "stop" });
  });
});

test("a host that never reported goes", () => {
  expect(decide({ ...ready, a: undefined }, { leader: null })).toEqual({ kind: "go" });
});

test("what Consul's agent prints is checked", () => {
  expect(parseConsulAnswer(JSON.stringify(whole))).toEqual(whole);
  expect(parseConsulAnswer('{"leader": null}')).toEqual({ leader: null });
  expect(() => parseConsulAnswer('{"leader": "a", "servers": 3}')).toThrow();
});
