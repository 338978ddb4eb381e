import type { Config } from "../config/schema";
import { type AlarmPlan, planAlarms } from "./alarms";
import type { Facts } from "./facts";
import type { HostsPlan } from "./hosts";

/** What is watched, and who hears of it. */
export interface WatchingPlan {
  alarms: AlarmPlan[];
  /** The addresses that are subscribed to the cluster's topic. */
  emails: string[];
  /** Topics of others that alarms are sent to, too. */
  topics: string[];
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
  { watching: { enabled, notify } }: Pick<Config, "watching">,
  { region, partition }: Facts,
  hosts: HostsPlan,
): WatchingPlan | undefined {
  if (!enabled) return undefined;
  return {
    alarms: planAlarms(hosts),
    emails: notify.filter((one) => one.includes("@")),
    topics: notify.filter((one) => !one.includes("@")),
    region,
    partition,
  };
}
