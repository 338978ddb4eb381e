/** How long Consul takes no writes when its leader is killed: as this program tunes it, and by Consul's own defaults. */
import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "../../test/cluster/awsCli";
import type { Deployment } from "../../test/cluster/deployment";
import { SteadyWriter } from "../../test/cluster/steadyWriter";
import { benchCluster } from "./benchCluster";
import { type Row, median, seconds } from "./row";

const SERVERS = ["consul-01", "consul-02", "consul-03"];
/** It outlives the servers, and its token may write. */
const WRITER = "sync-default-01";
/** An election takes what chance gives it: a split vote costs another second, or five. */
const KILLS = 9;

/** Takes what this program says of performance out of a server's configuration, or puts it back. */
const configure = (performance: object | null) => `python3 - <<'PYTHON'
import json
file = "/etc/consul.d/consul.json"
config = json.load(open(file))
config.pop("performance", None)
config.update(json.loads('${JSON.stringify(performance === null ? {} : { performance })}'))
json.dump(config, open(file, "w"), indent=2)
PYTHON
systemctl restart consul`;

export const consulLeader: Row = {
  name: "consul-leader",
  about: "the longest gap in acknowledged writes when Consul's leader is killed, against Consul's defaults",
  onHosts: true,
  async measure(progress, signal) {
    const cluster = await benchCluster(progress);
    const performance = await tuning(cluster);
    const gaps = async (what: string) => {
      const found: number[] = [];
      while (found.length < KILLS) {
        signal.throwIfAborted();
        found.push(await gapOfKill(cluster));
        progress(`${what}: ${seconds(found[found.length - 1])}`);
      }
      return found;
    };
    const tuned = await gaps("as tuned");
    let plain: number[];
    try {
      await configureAll(cluster, null);
      plain = await gaps("by Consul's defaults");
    } finally {
      await configureAll(cluster, performance);
    }
    return [
      {
        name: "consul-leader",
        value: median(plain) / median(tuned),
        unit: "times shorter",
        aim: { atLeast: 3 },
        context: {
          "longest gap, tuned": seconds(median(tuned)),
          "by Consul's defaults": seconds(median(plain)),
          kills: KILLS,
        },
      },
    ];
  },
};

/** What the servers' configuration says of performance. */
async function tuning(cluster: Deployment): Promise<object> {
  const config = JSON.parse(await cluster.exec(SERVERS[0], "cat /etc/consul.d/consul.json")) as { performance: object };
  return config.performance;
}

/** One server after the other, so that there is a quorum all the while. */
async function configureAll(cluster: Deployment, performance: object | null): Promise<void> {
  for (const server of SERVERS) {
    await cluster.exec(server, configure(performance));
    await untilWhole(cluster);
  }
}

/** Kills the leader's process under a steady writer. @returns the longest time between two acknowledged writes, in seconds */
async function gapOfKill(cluster: Deployment): Promise<number> {
  const leader = await untilWhole(cluster);
  const writer = await SteadyWriter.start(cluster, WRITER);
  await pause(2000);
  await cluster.exec(leader, "systemctl kill --signal=KILL consul");
  const next = await untilWhole(cluster);
  await pause(2000);
  const { longestGap } = await writer.stop();
  if (next === leader && longestGap.seconds < 0.5) throw new Error(`${leader} led on after it was killed`);
  return longestGap.seconds;
}

/** Waits until every server knows a leader, and the leader all of them. @returns the leader's host */
function untilWhole(cluster: Deployment): Promise<string> {
  return eventually(
    () => leaderOf(cluster),
    (leader) => leader !== undefined,
    90,
  ) as Promise<string>;
}

/** The leader's host; undefined while a server is not there, or does not know it. */
async function leaderOf(cluster: Deployment): Promise<string | undefined> {
  type Raft = { Servers: { Node: string; Leader: boolean; Voter: boolean }[] };
  const ask = "curl -fsS --max-time 3 http://127.0.0.1:8500/v1/status/leader";
  const told = await Promise.all(SERVERS.map((host) => cluster.exec(host, ask).catch(() => '""')));
  if (told.some((leader) => leader === '""' || leader !== told[0])) return undefined;
  const raft = await cluster.consul<Raft>("operator/raft/configuration", WRITER).catch(() => undefined);
  if (raft?.Servers.filter(({ Voter }) => Voter).length !== SERVERS.length) return undefined;
  return raft.Servers.find(({ Leader }) => Leader)?.Node;
}
