import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { onEmpty } from "./cgroup";

/** How a host ended: it powered itself off, was killed from outside, or could not run. */
export interface HostExit {
  reason: "poweroff" | "kill" | "crash";
  detail: string;
}

/**
 * What hostRunner.py writes of a host: `booting` from the start of a boot, `running` once PID 1 runs, `up` once systemd
 * has started all units; `boots` counts from 1, one more for each reboot.
 */
export type HostState =
  | { state: "booting"; boots: number }
  | { state: "running" | "up"; boots: number; pid: number }
  | ({ state: "off" } & HostExit);

/** Path of what the runner writes in the host's directory. */
export function stateFile(dir: string): string {
  return join(dir, "state");
}

/** What the runner wrote last. A host that was killed could not write so: only its control group tells. */
export function readState(dir: string): HostState | undefined {
  const file = stateFile(dir);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/**
 * Resolves as soon as the host's state is one that `accept` takes, or `off`; with undefined where the host ended
 * without a word, as after a kill.
 * @param runner the runner, if it was just started: it enters the control group by itself, so that until then an empty
 * group does not mean an end
 */
export function untilState(
  host: { dir: string; cgroup: string },
  accept: (state: HostState) => boolean,
  runner?: ChildProcess,
): Promise<HostState | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      watcher.close();
      stopWatching();
      runner?.removeAllListeners();
      finish();
    };
    const look = () => {
      const state = readState(host.dir);
      if (state && (state.state === "off" || accept(state))) settle(() => resolve(state));
    };
    const ended = () => {
      const state = readState(host.dir);
      settle(() => resolve(state?.state === "off" ? state : undefined));
    };
    const watcher = watch(host.dir, look);
    const stopWatching = runner ? () => {} : onEmpty(host.cgroup, ended);
    runner?.once("exit", ended);
    runner?.once("error", (error) => settle(() => reject(error)));
    look();
  });
}
