/** The cluster that the benchmarks on hosts share: that of day two, with a worker less, so that one can be added. */
import { type Change, type Deployment, all, dayTwo, deployed } from "../../test/cluster/deployment";
import { npm } from "../../test/cluster/localCluster";
import { readSettledState } from "../../local/cluster/read";
import type { Progress } from "./row";

/** The worker that comes and goes. */
export const LAST_WORKER = "sync-default-03";

const GROUPS = "realm-cluster:syncWorkerGroups";

/** Another number of workers in the group `default`. */
export const workers =
  (number: number): Change =>
  (config) => ({ ...config, [GROUPS]: (config[GROUPS] as object[]).map((group) => ({ ...group, workers: number })) });

/** Another type of instance for the workers, which replaces their hosts. */
export const instanceType =
  (type: string): Change =>
  (config) => ({
    ...config,
    [GROUPS]: (config[GROUPS] as object[]).map((group) => ({ ...group, instanceType: type })),
  });

const base = all(dayTwo, workers(2), (config) => ({ ...config, "realm-cluster:discardData": [LAST_WORKER] }));

let opened: Promise<Deployment> | undefined;

/** The shared cluster, brought up for the first who asks. */
export function benchCluster(progress: Progress): Promise<Deployment> {
  if (opened === undefined) progress("bringing the cluster up: three Consul servers, two workers, two core nodes");
  return (opened ??= deployed(base));
}

/** Ends it, for a benchmark that needs the machine to itself. */
export async function endBenchCluster(): Promise<void> {
  opened = undefined;
  await npm("stop");
}

/** @throws when an update does not end well */
export async function update(cluster: Deployment, ...[change, onEvent]: Parameters<Deployment["up"]>): Promise<void> {
  const { ok, output } = await cluster.up(change, onEvent);
  if (!ok) throw new Error(output);
}

/** Waits until nothing is wrong with the cluster. */
export async function untilHealthy(cluster: Deployment): Promise<void> {
  const { wrong } = await readSettledState(cluster.local, cluster.outputs);
  if (wrong.length > 0) throw new Error(`the cluster did not become healthy: ${wrong.join("; ")}`);
}

/** Whether the cluster has a host of this name now. */
export const hasHost = (cluster: Deployment, host: string): boolean =>
  cluster.outputs.hosts.some(({ name }) => name === host);
