import { appFile, environmentFile, readinessFiles, unitFile, userFile } from "../files";
import type { File, Service } from "../service";

/** Where a worker answers `/health`. */
const HEALTH_PORT = 9080;

export interface SyncWorkerArgs {
  /** The group, which is one shard of the realms; one group must be `default`. */
  label: string;
  /** Unique in its group, and the same for the life of its data. */
  id: string;
}

/** A sync worker: stores realms, serves sync clients, merges conflicts. */
export function syncWorker({ label, id }: SyncWorkerArgs): Service {
  return {
    name: "sync-worker",
    ports: [
      { name: "Realm sync", port: 7800, protocol: "tcp", from: ["core-services", "realm-directory", "sync-worker"] },
      // Behind it are `/health`, which only the host's own agent asks, `/metrics`, and the log, for administrators.
      { name: "Realm metrics", port: HEALTH_PORT, protocol: "tcp", from: ["metrics"] },
    ],
    secrets: ["auth-key", "auth-pub", "feature-token"],
    installs: ["node", "realm"],
    files: [
      userFile("sync-worker", "Realm sync worker"),
      unitFile("sync-worker.service"),
      groupFile(label),
      environmentFile("/etc/realm-cluster/sync-worker.env", { SYNC_LABEL: label, SYNC_ID: id }),
      appFile("syncWorker.js"),
      appFile("member.js"),
      ...readinessFiles("sync-worker"),
    ],
    units: ["sync-worker.service"],
    stateful: true,
    quorum: `sync:${label}`,
    ready: "sync-worker",
  };
}

/**
 * What the host's Consul agent registers itself: that a worker of this group is to be here. It stays when the worker, which registers as
 * `sync` by itself, is gone, so that a group that lost all its workers is missed; and goes with a host that leaves for good.
 */
function groupFile(label: string): File {
  const check = { http: `http://127.0.0.1:${HEALTH_PORT}/health?thisInstance=true`, interval: "5s", timeout: "2s" };
  const service = { name: "sync-worker", tags: [`label=${label}`], port: HEALTH_PORT, check };
  return { path: "/etc/consul.d/sync-worker.json", content: `${JSON.stringify({ service })}\n` };
}
