import type { BootReport } from "./bootReport";
import { isConsulServer } from "./hosts";

/** How long after a host's last step others may still be about to notice what it brings: Consul's agents join every few seconds. */
const NOTICED_SECONDS = 20;

/**
 * What goes on on other hosts that may yet bring what a host waited for in vain: the boots of a new cluster overlap.
 *
 * @param report of the host that has failed
 * @param reports of all hosts, by their names; undefined for one that has not said anything yet
 * @param now seconds since somebody waits
 * @param patience how long nothing may be heard from a host that boots, in seconds
 */
export function othersUnderWay(
  { host, state, step, reason = "", at }: BootReport,
  reports: ReadonlyMap<string, BootReport | undefined>,
  now: number,
  patience: number,
): string[] {
  // Every other step is the host's own affair.
  if (state !== "failed" || step !== "ready") return [];
  const needed = neededFor(reason);
  if (!needed) return [];
  // A server that is ready has a leader: whoever does not reach it then waits for no other.
  const hasConsul = [...reports].some(([name, other]) => isConsulServer(name) && other?.state === "ready");
  if (reason.startsWith("consul-") && hasConsul) return [];
  return [...reports]
    .filter(([name]) => name !== host && needed.test(name))
    .flatMap(([name, other]) => {
      if (other === undefined) return now < patience ? [`${name} has not reported yet`] : [];
      if (other.state !== "booting") return [];
      const age = (Date.parse(at) - Date.parse(other.at)) / 1000;
      return age < (other.step === "ready" ? NOTICED_SECONDS : patience) ? [`${name} is at ${other.step}`] : [];
    });
}

/**
 * The names of the hosts that what is not ready may wait for: all tiers boot at once, and each needs those before it. Undefined where it needs
 * none: a worker, and a Consul whose own program ends.
 */
function neededFor(reason: string): RegExp | undefined {
  if (/^(consul\.service|sync-worker)/.test(reason)) return undefined;
  return reason.startsWith("consul-") ? /^consul-/ : /^(consul|sync)-/;
}
