/** What a host of the local cluster takes of this machine, and that it carries thirty of them. */
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { statfs } from "node:fs/promises";
import { statePaths } from "../../local/aws/options";
import { awsDir } from "../../local/cluster/paths";
import { all, setting } from "../../test/cluster/deployment";
import { benchCluster, endBenchCluster, untilHealthy, update } from "./benchCluster";
import { type Row, seconds, timed } from "./row";

const WANTED = 30;
const MEBIBYTE = 2 ** 20;

/** Three servers, eight groups of three, three core nodes. */
const thirty = all(setting("coreServices", { nodes: 3 }), (config) => ({
  ...config,
  "realm-cluster:bootTimeoutMinutes": 12,
  // Volumes of the first group are there already, and none shrinks.
  "realm-cluster:syncWorkerGroups": [
    { label: "default", workers: 3, volumeGiB: 20 },
    ...["b", "c", "d", "e", "f", "g", "h"].map((label) => ({ label, workers: 3, volumeGiB: 4 })),
  ],
}));

export const capacity: Row = {
  name: "capacity",
  about: "thirty hosts of a cluster at once on this machine, and what each takes",
  onHosts: true,
  async measure(progress, signal) {
    await endBenchCluster();
    const [free, used] = [available(), await onDisks()];
    const cluster = await benchCluster(progress);
    signal.throwIfAborted();
    progress(`${WANTED} hosts`);
    const { seconds: took } = await timed(() => update(cluster, thirty));
    await untilHealthy(cluster);
    const hosts = cluster.outputs.hosts.length;
    const disk = ((await onDisks()) - used) / hosts;
    const memory = (free - available()) / hosts;
    return [
      {
        name: "capacity: hosts of a healthy cluster at once",
        value: hosts,
        unit: "hosts",
        aim: { atLeast: WANTED },
        context: {
          "to thirty from seven": seconds(took),
          processors: cpus().length,
          memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
        },
      },
      { name: "capacity: memory for each, its disks among it", value: memory / MEBIBYTE, unit: "MiB" },
      { name: "capacity: disks of each", value: disk / MEBIBYTE, unit: "MiB" },
    ];
  },
};

/** Memory that could be had, in bytes. */
function available(): number {
  const [, kibibytes] = /^MemAvailable: +(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"))!;
  return Number(kibibytes) * 1024;
}

/** What the hosts' disks take, which are in memory, in bytes. */
async function onDisks(): Promise<number> {
  const { instances, volumes } = statePaths(awsDir);
  const taken = async (directory: string) => {
    const found = await statfs(directory).catch(() => undefined);
    // Without a cluster the directory is one of the machine's own.
    return found?.type === TMPFS ? (found.blocks - found.bfree) * found.bsize : 0;
  };
  return (await taken(instances)) + (await taken(volumes));
}
const TMPFS = 0x01021994;
