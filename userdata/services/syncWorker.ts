import { appFile, environmentFile, readinessFiles, unitFile, userFile } from "../files";
import type { Service } from "../service";

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
      // `/health` of a core node asks the health service of every worker.
      { name: "Realm health", port: 9080, protocol: "tcp", from: ["core-services", "realm-directory"] },
    ],
    secrets: ["auth-key", "auth-pub", "feature-token"],
    installs: ["node", "realm"],
    files: [
      userFile("sync-worker", "Realm sync worker"),
      unitFile("sync-worker.service"),
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
