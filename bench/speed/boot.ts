/** What a host's boot consists of, and what an image spares that has the downloads in it. */
import { HeldBoots } from "../../test/cluster/heldBoots";
import type { Deployment } from "../../test/cluster/deployment";
import { LAST_WORKER, benchCluster, hasHost, update, workers } from "./benchCluster";
import { BootWatch, bootSeconds } from "./bootWatch";
import { type Measure, type Row, seconds } from "./row";

/** What whoever bakes an image runs in it, and what a boot finds done then. */
const BAKE = `
set -a
. /etc/realm-cluster/host.env
. /etc/realm-cluster/downloads.env
REASON_FILE=/run/bake-reason
for step in $(tr + ' ' <<<"$BOOT_STEPS"); do
  case $step in consul | node | realm) /opt/realm-cluster/steps/$step ;; esac
done
`;

/** When the boot's own program began and ended, in microseconds. */
const TOOK = `
until [ "$(systemctl is-active realm-cluster-boot)" = inactive ]; do sleep 0.2; done
for what in Start Exit; do systemctl show --value --property ExecMain\${what}TimestampMonotonic realm-cluster-boot; done
`;

interface Report {
  steps: { step: string; seconds: number }[];
}

/** What a boot consisted of. */
interface Steps extends Report {
  /** From the beginning of the first to the end of the last: some run at once. */
  seconds: number;
}

export const boot: Row = {
  name: "boot",
  about: "a worker's boot by step, with and without an image that has its downloads in it",
  onHosts: true,
  async measure(progress, signal) {
    const cluster = await benchCluster(progress);
    if (hasHost(cluster, LAST_WORKER)) await update(cluster, workers(2));
    signal.throwIfAborted();
    progress("a boot that downloads");
    const watch = new BootWatch();
    await update(cluster, workers(3), watch.onEvent);
    const whole = bootSeconds(watch.boots.get(LAST_WORKER)!);
    const plain = await stepsOf(cluster);

    await update(cluster, workers(2));
    signal.throwIfAborted();
    progress("a boot that finds its downloads in the image");
    const held = new HeldBoots(cluster, [LAST_WORKER]);
    const updating = update(cluster, workers(3), held.onEvent);
    await Promise.race([updating, held.held()]);
    await held.exec(LAST_WORKER, BAKE);
    await held.release(LAST_WORKER);
    await updating;
    return measures(whole, plain, await stepsOf(cluster));
  },
};

async function stepsOf(cluster: Deployment): Promise<Steps> {
  const { bootReport } = cluster.outputs.hosts.find(({ name }) => name === LAST_WORKER)!;
  const { Parameter } = await cluster.aws<{ Parameter: { Value: string } }>("ssm get-parameter --name", bootReport);
  const [began, ended] = (await cluster.exec(LAST_WORKER, TOOK)).split("\n").map(Number);
  return { ...(JSON.parse(Parameter.Value) as Report), seconds: (ended - began) / 1e6 };
}

const byStep = ({ steps }: Report) => Object.fromEntries(steps.map((step) => [step.step, seconds(step.seconds)]));

function measures(whole: number, plain: Steps, baked: Steps): Measure[] {
  return [
    {
      name: "boot: a worker, from its launch until it is ready",
      value: whole,
      unit: "s",
      context: { "until its first step": seconds(whole - plain.seconds), ...byStep(plain) },
    },
    {
      name: "boot: a worker's steps, all together",
      value: plain.seconds,
      unit: "s",
      context: { "one after another": seconds(plain.steps.reduce((sum, step) => sum + step.seconds, 0)) },
    },
    { name: "boot: the same with a baked image", value: baked.seconds, unit: "s", context: byStep(baked) },
  ];
}
