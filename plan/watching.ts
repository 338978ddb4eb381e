import { createHash } from "node:crypto";
import type { Config } from "../config/schema";
import { type AlarmPlan, planAlarms } from "./alarms";
import type { Facts } from "./facts";
import { watch } from "../userdata/services";
import type { HostsPlan } from "./hosts";
import type { Names } from "./names";

/** What is watched, and who hears of it. */
export interface WatchingPlan {
  alarms: AlarmPlan[];
  /** The addresses that are subscribed to the cluster's topic. */
  emails: string[];
  /** Topics of others that alarms are sent to, too. */
  topics: string[];
  /** The hosts' logs. */
  logs: { group: string; retentionDays: number };
  /** The namespace of the metrics that hosts put. */
  metrics: string;
  /** A digest of what hosts run for it. */
  program: string;
  region: string;
  /** The partition's name in ARNs. */
  partition: string;
}

/**
 * Decides what is watched.
 *
 * @returns undefined when nothing is
 */
export function planWatching(
  { watching: { enabled, notify, logRetentionDays } }: Pick<Config, "watching">,
  { region, partition }: Facts,
  hosts: HostsPlan,
  names: Names,
): WatchingPlan | undefined {
  if (!enabled) return undefined;
  return {
    alarms: planAlarms(hosts, names.metrics),
    emails: notify.filter((one) => one.includes("@")),
    topics: notify.filter((one) => !one.includes("@")),
    logs: { group: names.logs, retentionDays: logRetentionDays },
    metrics: names.metrics,
    program: createHash("sha256")
      .update(JSON.stringify(watch(names)))
      .digest("hex"),
    region,
    partition,
  };
}
