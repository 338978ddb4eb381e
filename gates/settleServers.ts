import { required, run } from "./environment";
import { settleServers } from "./servers";
import { clusterWorld } from "./world";

const INTERVAL_MS = 1000;

/** Has the Consul servers that run and are not among `SERVERS` leave, before the update deletes their instances. */
run(async () => {
  const patience = { seconds: Number(required("TIMEOUT_SECONDS")), intervalMs: INTERVAL_MS };
  await settleServers(required("SERVERS").split(" "), await clusterWorld(), patience);
});
