import { ConfigError, type Fault } from "../config/faults";
import type { Config } from "../config/schema";
import type { Facts } from "./facts";

/**
 * Sees to it that Realms are deleted only where their host was named for it, and then are.
 *
 * @throws ConfigError when a host that is to go would take its Realms along, or would leave them in spite of its name
 */
export function checkRemovals({ discardData }: Pick<Config, "discardData">, { leaving = new Map() }: Facts): void {
  const faults = [...leaving].flatMap(([host, fate]): Fault[] => {
    const named = discardData.includes(host);
    if (named === (fate === "delete")) return [];
    return [named ? keptAllTheSame(host) : deletedUnnamed(host)];
  });
  if (faults.length > 0) throw new ConfigError(faults);
}

function deletedUnnamed(host: string): Fault {
  return {
    path: "discardData",
    reason: `does not name ${host}, which is to go and would take its Realms along`,
    write: `add "${host}"; or, to keep them, leave the host, set retainData to true and run pulumi up before you remove it`,
  };
}

function keptAllTheSame(host: string): Fault {
  return {
    path: "discardData",
    reason: `names ${host}, which is to go and would leave its Realms all the same, as the last update had it`,
    write: `leave the host and run pulumi up with its name here before you remove it; or take the name away, and the volume stays`,
  };
}
