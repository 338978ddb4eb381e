/** What the replacement of a group's hosts takes for each of them, against a host's boot alone. */
import { LAST_WORKER, benchCluster, hasHost, instanceType, update, workers } from "./benchCluster";
import { all } from "../../test/cluster/deployment";
import { BootWatch, bootSeconds } from "./bootWatch";
import { type Row, median, seconds } from "./row";

export const roll: Row = {
  name: "roll",
  about: "three workers are replaced one after another: for each, against a host's boot alone",
  onHosts: true,
  async measure(progress, signal) {
    const cluster = await benchCluster(progress);
    if (!hasHost(cluster, LAST_WORKER)) await update(cluster, workers(3));
    signal.throwIfAborted();
    progress("replacing the three workers");
    const watch = new BootWatch();
    await update(cluster, all(workers(3), instanceType("m6i.xlarge")), watch.onEvent);
    const boots = [...watch.boots.values()];
    if (boots.length !== 3) throw new Error(`${boots.length} hosts were replaced, not three`);
    const first = Math.min(...boots.map(({ begun }) => begun));
    const last = Math.max(...boots.map(({ ready }) => ready));
    const each = (last - first) / 1000 / boots.length;
    // While one boots the others only serve.
    const alone = median(boots.map(bootSeconds));
    return [
      {
        name: "roll",
        value: each / alone,
        unit: "times",
        aim: { atMost: 1.3 },
        context: {
          "for each host, from its predecessor's end to the next one's": seconds(each),
          "from an instance's launch until it is ready": seconds(alone),
        },
      },
    ];
  },
};
