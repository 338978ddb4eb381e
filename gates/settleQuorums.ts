import { required, run } from "./environment";
import { settleServers } from "./servers";
import { type Quorums, awaitStaying } from "./staying";
import { clusterWorld } from "./world";

const INTERVAL_MS = 1000;

/** Sees to it that what the update is about to delete can be spared, and has Consul servers among it leave: `QUORUMS` is what stays. */
run(async () => {
  const patience = { seconds: Number(required("TIMEOUT_SECONDS")), intervalMs: INTERVAL_MS };
  const world = await clusterWorld();
  const staying = JSON.parse(required("QUORUMS")) as Quorums;
  await awaitStaying(staying, world, patience);
  await settleServers(staying.consul, world, patience);
});
