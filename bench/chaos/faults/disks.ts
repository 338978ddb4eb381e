/** A data volume is full, or gone. */
import type { Fault } from "../fault";
import type { Roles } from "../roles";

const FULL_SECONDS = 30;

/** Room is taken as the worker's own user, to whom the file system gives no more than to the others. What is taken is not written. */
const FILL = `
runuser -u sync-worker -- bash -c '
  cd /var/lib/realm-cluster/sync-worker
  fallocate -l $(($(df --output=avail -B1 . | tail -n 1) - 4194304)) full || true
  dd if=/dev/zero of=rest bs=4k status=none 2>/dev/null || true
'`;
const EMPTY = "rm -f /var/lib/realm-cluster/sync-worker/{full,rest}";

const full = (name: string, what: string, host: (roles: Roles) => string): Fault => ({
  name: `full-disk-${name}`,
  what: `the data volume of ${what} is full for ${FULL_SECONDS} s`,
  noticed: "`npm run doctor` names the volume",
  victims: (roles) => [host(roles)],
  async inject(ground) {
    await ground.cluster.exec(host(ground.roles), FILL);
  },
  async detected(ground) {
    const findings = await ground.findings();
    return findings.some(({ kind, where }) => kind === "disk-filling" && where === host(ground.roles));
  },
  async end(ground) {
    await ground.seconds(FULL_SECONDS);
    await ground.cluster.exec(host(ground.roles), EMPTY);
  },
});

const lost: Fault = {
  name: "volume-lost",
  what: "the sync master's instance is terminated and its data volume deleted; `pulumi up --refresh` makes others, and the worker is filled by the group",
  noticed: "Consul counts it as failed",
  victims: ({ master }) => [master],
  inject: (ground) => ground.terminate(ground.roles.master),
  detected: (ground) => ground.isGone(ground.roles.master),
  async end(ground) {
    await ground.deleteVolume(ground.roles.master);
    await ground.replace();
  },
};

export const diskFaults: Fault[] = [
  full("sync-master", "the sync master", ({ master }) => master),
  full("sync-slave", "the synchronous slave", ({ slave }) => slave),
  lost,
];
