import { ConfigError } from "../config/faults";
import type { Config } from "../config/schema";
import type { Facts } from "./facts";

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

/**
 * Decides whether and how data volumes are backed up.
 *
 * @returns undefined when they are not
 * @throws ConfigError when backups are to be copied to the region in which they are
 */
export function planBackup({ backup }: Config, { region, partition }: Facts): BackupPlan | undefined {
  const { schedule, retentionDays, copyToRegion } = backup;
  if (schedule === undefined) return undefined;
  if (copyToRegion === region) {
    const write = "write another region: a copy beside the backup is lost with it";
    throw new ConfigError([{ path: "backup.copyToRegion", reason: `is the cluster's own region ${region}`, write }]);
  }
  return { schedule, retentionDays, copyToRegion, partition };
}
