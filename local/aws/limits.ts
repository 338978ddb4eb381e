import { readFileSync, writeFileSync } from "node:fs";

const INOTIFY_INSTANCES = "/proc/sys/fs/inotify/max_user_instances";
/** The kernel's own limit of 128 is for all processes of root; each host's systemd, journal and D-Bus take half a dozen while it boots. */
const NEEDED = 1024;

/** Raises this machine's limits to what many hosts need. They stay so until the machine boots again. */
export function raiseLimits(log: (line: string) => void): void {
  try {
    const found = Number(readFileSync(INOTIFY_INSTANCES, "utf8"));
    if (found >= NEEDED) return;
    writeFileSync(INOTIFY_INSTANCES, String(NEEDED));
    log(`raised ${INOTIFY_INSTANCES} from ${found} to ${NEEDED}`);
  } catch (error) {
    const reason = (error as Error).message;
    const remedy = `sysctl fs.inotify.max_user_instances=${NEEDED}`;
    log(
      `could not raise ${INOTIFY_INSTANCES} to ${NEEDED} (${reason}); with more than some fifteen hosts some may not boot: ${remedy}`,
    );
  }
}
