import type { HostScript } from "../../gates/hostScript";
import type { RunningHost } from "../../gates/hosts";
import { settleServers } from "../../gates/servers";
import type { World } from "../../gates/world";

const patience = { seconds: 0.05, intervalMs: 1 };

/** Consul servers, and what is done to them: `NAME: TASK ABOUT`, without the questions. */
class Cluster implements World {
  readonly log: string[] = [];
  readonly said: string[] = [];
  readonly say = (line: string) => void this.said.push(line);
  readonly hosts: RunningHost[];
  /** Those that raft counts. */
  peers: string[];
  leader: string | null = "10.0.0.10:8300";

  /**
   * @param names of hosts with a server
   * @param dead those of them that do not run
   * @param refusing those that do not do what they are asked
   */
  constructor(
    names: string[],
    private readonly dead: string[] = [],
    private readonly refusing: string[] = [],
  ) {
    const running = names.filter((name) => !dead.includes(name));
    this.hosts = running.map((name) => ({ name, instanceId: `i-${name}`, boot: "ready" }));
    this.peers = [...names];
  }

  readonly run = ({ name }: RunningHost, { args }: HostScript): Promise<string> => {
    const [task, about] = args;
    if (task !== "list") this.log.push([`${name}: ${task}`, about].join(" ").trim());
    if (this.refusing.includes(name)) return Promise.reject(new Error("its agent is not connected"));
    if (task === "return") this.peers.push(name);
    if (task === "forget") this.peers = this.peers.filter((peer) => peer !== about);
    const servers = this.peers.map((peer) => ({ name: peer, id: `id-${peer}`, healthy: !this.dead.includes(peer) }));
    return Promise.resolve(JSON.stringify(this.leader === null ? { leader: null } : { leader: this.leader, servers }));
  };
}

const five = ["s1", "s2", "s3", "s4", "s5"];
const three = five.slice(0, 3);

test("those that go leave one after the other, the last one first, and are forgotten", async () => {
  const cluster = new Cluster(five);
  await settleServers(three, cluster, patience);
  expect(cluster.log).toEqual(["s5: leave", "s1: forget s5", "s4: leave", "s1: forget s4"]);
  expect(cluster.said).toEqual([
    "s5 has left Consul; servers that it counts now: 4",
    "s4 has left Consul; servers that it counts now: 3",
  ]);
});

test("nobody leaves where all stay, or where servers have been added", async () => {
  const cluster = new Cluster(five);
  await settleServers(five, cluster, patience);
  expect(cluster.log).toEqual([]);
});

test("a server that is broken is no fault where nobody is to leave", async () => {
  const cluster = new Cluster(five, ["s2"]);
  await settleServers(five, cluster, patience);
  expect(cluster.log).toEqual([]);
});

test("nobody leaves while one that stays is missing", async () => {
  const cluster = new Cluster(five, ["s2"]);
  await expect(settleServers(three, cluster, patience)).rejects.toThrow(
    "Consul cannot spare a server (s4, s5): it does not count s2 as a healthy voter.\nMend what is amiss",
  );
  expect(cluster.log).toEqual([]);
});

test("one that is dead already is forgotten without a farewell", async () => {
  const cluster = new Cluster(five, ["s5"]);
  await settleServers(three, cluster, patience);
  expect(cluster.log).toEqual(["s1: forget s5", "s4: leave", "s1: forget s4"]);
});

test("one that works and cannot be asked to leave stops the others", async () => {
  const cluster = new Cluster(five, [], ["s5"]);
  await expect(settleServers(three, cluster, patience)).rejects.toThrow(
    "s5 did not leave Consul: its agent is not connected",
  );
  expect(cluster.log).toEqual(["s5: leave"]);
});

test("no other leaves while Consul still counts one that has left", async () => {
  const cluster = new Cluster(five);
  const { run } = cluster;
  const forgetful = Object.assign(Object.create(cluster) as Cluster, {
    run: (host: RunningHost, script: HostScript) =>
      script.args[0] === "forget" ? Promise.resolve("") : run(host, script),
  });
  await expect(settleServers(three, forgetful, patience)).rejects.toThrow("it still counts s5, which has left");
  expect(cluster.log).toEqual(["s5: leave"]);
});

test("nobody leaves while Consul has no leader", async () => {
  const cluster = new Cluster(five);
  cluster.leader = null;
  await expect(settleServers(three, cluster, patience)).rejects.toThrow("no server tells who leads it");
  expect(cluster.log).toEqual([]);
});

test("another server is asked where the first does not answer", async () => {
  const cluster = new Cluster(five, [], ["s1"]);
  await settleServers(three, cluster, patience);
  expect(cluster.log.filter((line) => line.startsWith("s2"))).toEqual(["s2: forget s5", "s2: forget s4"]);
});

test("one that has left and is to stay after all comes back", async () => {
  const cluster = new Cluster(five);
  cluster.peers = ["s1", "s2", "s3", "s5"];
  await settleServers(five, cluster, patience);
  expect(cluster.log).toEqual(["s4: return"]);
});

test("where no server that stays is ready there is no quorum", async () => {
  const cluster = new Cluster(five, three);
  await settleServers(three, cluster, patience);
  expect(cluster.log).toEqual([]);
});
