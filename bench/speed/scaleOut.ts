/** What a worker more takes, against its host's boot alone. */
import { LAST_WORKER, benchCluster, hasHost, update, workers } from "./benchCluster";
import { BootWatch, bootSeconds } from "./bootWatch";
import { type Row, seconds } from "./row";

export const scaleOut: Row = {
  name: "scale-out",
  about: "a group of two workers gets a third, against that host's boot alone",
  onHosts: true,
  async measure(progress, signal) {
    const cluster = await benchCluster(progress);
    signal.throwIfAborted();
    if (hasHost(cluster, LAST_WORKER)) await update(cluster, workers(2));
    progress("adding a worker");
    const watch = new BootWatch();
    await update(cluster, workers(3), watch.onEvent);
    const boot = bootSeconds(watch.boots.get(LAST_WORKER)!);
    return [
      {
        name: "scale-out",
        value: watch.updateSeconds / boot,
        unit: "times",
        aim: { atMost: 1.3 },
        context: {
          "pulumi up": seconds(watch.updateSeconds),
          "from the instance's launch until it is ready": seconds(boot),
        },
      },
    ];
  },
};
