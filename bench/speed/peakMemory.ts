/** How much memory an engine takes, with the program that it runs and its plugins. */
import { readFileSync, readdirSync } from "node:fs";

const INTERVAL_MS = 200;
const PAGE_BYTES = 4096;

interface Process {
  parent: number;
  command: string;
  bytes: number;
}

/**
 * Watches the engines that this process has started, until the action ends.
 *
 * @returns the most that one moment took, in MiB, beside the action's result
 */
export async function peakMemory<T>(action: () => Promise<T>): Promise<{ mebibytes: number; result: T }> {
  let most = 0;
  const watching = setInterval(() => (most = Math.max(most, ofEngines(processes(), process.pid))), INTERVAL_MS);
  try {
    const result = await action();
    return { mebibytes: most / 2 ** 20, result };
  } finally {
    clearInterval(watching);
  }
}

/** What is resident of all `pulumi` below a process, and of all below those. */
export function ofEngines(all: ReadonlyMap<number, Process>, root: number): number {
  const isBelow = (pid: number, engine: boolean): boolean => {
    const found = all.get(pid);
    if (!found) return false;
    const inEngine = engine || found.command === "pulumi";
    return found.parent === root ? inEngine : isBelow(found.parent, inEngine);
  };
  return [...all].reduce((sum, [pid, { bytes }]) => sum + (isBelow(pid, false) ? bytes : 0), 0);
}

function processes(): Map<number, Process> {
  const found = new Map<number, Process>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      // The name is in parentheses, and may have any character in it; the state and the parent follow.
      const [, command, rest] = /\((.*)\) (.*)$/s.exec(readFileSync(`/proc/${entry}/stat`, "utf8"))!;
      const pages = Number(readFileSync(`/proc/${entry}/statm`, "utf8").split(" ")[1]);
      found.set(Number(entry), { parent: Number(rest.split(" ")[1]), command, bytes: pages * PAGE_BYTES });
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}
