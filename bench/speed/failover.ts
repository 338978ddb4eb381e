/** How long clients cannot sync when the master of their group is killed, and when the Realm directory is. */
import { setTimeout as pause } from "node:timers/promises";
import WebSocket from "ws";
import { eventually } from "../../test/cluster/awsCli";
import type { Deployment } from "../../test/cluster/deployment";
import { holderOfLock } from "../../test/cluster/directoryWitness";
import { benchCluster, untilHealthy } from "./benchCluster";
import { type Measure, type Progress, type Row, median, seconds, timed } from "./row";

const KILLS = 3;
const INTERVAL_MS = 50;
/** One attempt; the next one may reach another host. */
const PATIENCE_MS = 3000;
const GIVE_UP_SECONDS = 120;

export const syncMaster: Row = {
  name: "sync-master",
  about: "the sync master is killed: until a client reaches a master through the proxy",
  onHosts: true,
  measure: (progress, signal) =>
    afterKills(progress, signal, {
      name: "sync-master",
      unit: "sync-worker",
      served: async (cluster) => (await masterReached(cluster)) !== undefined,
      host: async (cluster) => (await masterReached(cluster))!,
    }),
};

export const directory: Row = {
  name: "directory",
  about: "the Realm directory is killed: until it answers through the load balancer",
  onHosts: true,
  measure: (progress, signal) =>
    afterKills(progress, signal, {
      name: "directory",
      unit: "realm-directory",
      served: directoryAnswers,
      host: holderOfLock,
    }),
};

/** What is killed, and what tells that it serves. */
interface Victim {
  name: string;
  unit: string;
  served: (cluster: Deployment) => Promise<boolean>;
  /** Where it is. */
  host: (cluster: Deployment) => Promise<string>;
}

async function afterKills(
  progress: Progress,
  signal: AbortSignal,
  { name, unit, served, host }: Victim,
): Promise<Measure[]> {
  const cluster = await benchCluster(progress);
  const found: number[] = [];
  while (found.length < KILLS) {
    signal.throwIfAborted();
    await untilHealthy(cluster);
    await eventually(() => served(cluster), Boolean, GIVE_UP_SECONDS);
    const victim = await host(cluster);
    const { seconds: took } = await timed(async () => {
      await cluster.exec(victim, `systemctl kill --signal=KILL ${unit}`);
      for (const deadline = Date.now() + GIVE_UP_SECONDS * 1000; !(await served(cluster)); await pause(INTERVAL_MS)) {
        if (Date.now() > deadline) throw new Error(`${unit} of ${victim} was killed, and nobody serves since`);
      }
    });
    found.push(took);
    progress(`${unit} of ${victim} was killed: served again after ${seconds(took)}`);
  }
  const context = { kills: KILLS, shortest: seconds(Math.min(...found)), longest: seconds(Math.max(...found)) };
  return [{ name, value: median(found), unit: "s", context }];
}

/** The host of the master that a new client reaches through the load balancer and the proxy; undefined when it reaches none. */
function masterReached({ outputs: { studioUrl, adminToken } }: Deployment): Promise<string | undefined> {
  const url = `${studioUrl.replace(/^http/, "ws")}/realm-sync/${encodeURIComponent("/__admin")}`;
  const headers = { Authorization: `Realm-Access-Token version=1 token="${adminToken}"` };
  const socket = new WebSocket(url, { headers, handshakeTimeout: PATIENCE_MS });
  return new Promise((resolve) => {
    const end = (found?: string) => {
      clearTimeout(patience);
      resolve(found);
      socket.terminate();
    };
    const patience = setTimeout(end, PATIENCE_MS);
    socket.on("error", () => end());
    socket.once("unexpected-response", () => end());
    socket.once("close", () => end());
    socket.once("message", (data) => {
      const { id, role } = JSON.parse(String(data)) as { id?: string; role?: string };
      end(role === "master" ? id : undefined);
    });
  });
}

/** The core nodes wait for a directory that moves, so that one request may take as long as that. */
async function directoryAnswers(cluster: Deployment): Promise<boolean> {
  const { adminToken: authorization } = cluster.outputs;
  const answer = await cluster.fetch("/realms/files/%2F__admin", { headers: { authorization } }).catch(() => undefined);
  await answer?.arrayBuffer();
  return answer?.status === 200;
}
