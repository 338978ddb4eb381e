import { ConfigError } from "../config/faults";
import type { Config } from "../config/schema";
import type { Facts } from "./facts";
import type { Names } from "./names";

/** When the data volumes are backed up, and how long backups are kept. */
export interface BackupPlan {
  /** A cron expression of AWS, in UTC. */
  schedule: string;
  retentionDays: number;
  /** The region that backups are copied to; none without it. */
  copyToRegion?: string;
  /** The partition's name in ARNs. */
  partition: string;
}

/** AWS Backup takes 50 characters for the name of a vault; after the prefix comes `-backup` or `-copies`, and Pulumi's suffix of eight. */
const MOST_PREFIX = 35;

/**
 * Decides whether and how data volumes are backed up.
 *
 * @returns undefined when they are not
 * @throws ConfigError when backups are to be copied to the region in which they are, or the stack's name is too long for a vault's
 */
export function planBackup(
  { backup }: Config,
  { region, partition }: Facts,
  { cluster, prefix }: Names,
): BackupPlan | undefined {
  const { schedule, retentionDays, copyToRegion } = backup;
  if (schedule === undefined) return undefined;
  if (prefix.length > MOST_PREFIX) {
    const most = MOST_PREFIX - (prefix.length - cluster.length);
    const write = `name the stack with ${most} characters at most, or remove it`;
    throw new ConfigError([
      { path: "backup.schedule", reason: `makes vaults whose names ${prefix} is too long for`, write },
    ]);
  }
  if (copyToRegion === region) {
    const write = "write another region: a copy beside the backup is lost with it";
    throw new ConfigError([{ path: "backup.copyToRegion", reason: `is the cluster's own region ${region}`, write }]);
  }
  return { schedule, retentionDays, copyToRegion, partition };
}
