import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Control groups (cgroup v2): the one thing that a process cannot leave by forking, and so the handle by which
 * everything that was started can be found and ended, also by someone who did not start it.
 */

/** Where the unified hierarchy is mounted: /sys/fs/cgroup, or /sys/fs/cgroup/unified on a machine that also has v1. */
export function cgroup2Root(): string {
  const root = findCgroup2();
  if (!root) throw new Error("no cgroup2 hierarchy is mounted on this machine");
  return root;
}

/** Whether this machine has the unified hierarchy mounted. */
export function hasCgroup2(): boolean {
  return findCgroup2() !== undefined;
}

function findCgroup2(): string | undefined {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  return mounts.map((line) => line.split(" ")).find((fields) => fields[2] === "cgroup2")?.[1];
}

/** Makes the group and the groups above it. */
export function createCgroup(path: string): void {
  mkdirSync(path, { recursive: true });
}

/** Moves a process (not its children: they follow only if forked later) into the group. */
export function moveInto(path: string, pid: number): void {
  writeFileSync(join(path, "cgroup.procs"), String(pid));
}

/** Whether the group, or one beneath it, has a process. A group that does not exist has none. */
export function isPopulated(path: string): boolean {
  const events = readKernelFile(join(path, "cgroup.events"));
  return events !== undefined && /^populated 1$/m.test(events);
}

/** The processes in exactly this group, oldest first as the kernel lists them. */
export function processesIn(path: string): number[] {
  return (readKernelFile(join(path, "cgroup.procs")) ?? "").split("\n").filter(Boolean).map(Number);
}

/** Calls back once, as soon as no process is left in the group or beneath it. Returns a function that stops the watch. */
export function onEmpty(path: string, listener: () => void): () => void {
  let done = false;
  const check = () => {
    if (done || isPopulated(path)) return;
    stop();
    listener();
  };
  const events = join(path, "cgroup.events");
  // The kernel announces a change of this file by inotify. The group can go away between two looks at it.
  const watcher = existsSync(events) ? watch(events, check) : undefined;
  watcher?.on("error", check);
  const stop = () => {
    done = true;
    watcher?.close();
  };
  setImmediate(check);
  return stop;
}

/** Resolves as soon as the group is empty; rejects after the given time, naming the processes that are left. */
export function untilEmpty(path: string, timeoutSeconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`processes ${allProcesses(path).join(", ")} are still in ${path} after ${timeoutSeconds} s`));
    }, timeoutSeconds * 1000);
    const stop = onEmpty(path, () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Kills every process of the group and beneath it, at once, and waits until they are gone (at most 30 s). */
export async function killCgroup(path: string): Promise<void> {
  if (!existsSync(path)) return;
  writeFileSync(join(path, "cgroup.kill"), "1");
  await untilEmpty(path, 30);
}

/** Stops every process of the group from running, as a machine that hangs. A frozen group can still be killed. */
export function freeze(path: string): void {
  writeFileSync(join(path, "cgroup.freeze"), "1");
}

/** Undoes freeze. */
export function thaw(path: string): void {
  writeFileSync(join(path, "cgroup.freeze"), "0");
}

/** Removes the group and those beneath it, which must be empty of processes. One that does not exist is fine. */
export function removeCgroup(path: string): void {
  if (!existsSync(path)) return;
  for (const child of childrenOf(path)) removeCgroup(child);
  rmdirSync(path);
}

function allProcesses(path: string): number[] {
  return [...processesIn(path), ...childrenOf(path).flatMap(allProcesses)];
}

function childrenOf(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(path, entry.name));
}

/** The file's text, or undefined where the group is gone (ENODEV: removed while the file was open). */
function readKernelFile(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (["ENOENT", "ENODEV"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
