import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { isPopulated, killCgroup, processesIn, removeCgroup } from "./cgroup";
import { deleteNamespace, listNamespaces } from "./network/namespace";
import { isOurNamespace } from "./network/names";
import { cgroupOf, cgroupsOf, type AwsOptions } from "./options";
import { run } from "../process";

type What = Pick<AwsOptions, "name" | "stateDir">;

/**
 * Ends everything of the local AWS of this name: its processes (the daemon, moto, HAProxy, dnsmasq, hosts), network
 * namespaces, mounts, loop devices, control groups, and what it keeps on disk but for its logs. Needs no daemon, and
 * may be called again, also after a crash.
 * @returns a line for each thing that was there
 */
export async function cleanAws({ name, stateDir }: What): Promise<string[]> {
  const group = cgroupOf(name);
  const killed = isPopulated(group) ? [`processes in ${group}`] : [];
  await killCgroup(group);
  const removed = await removeRemains({ name, stateDir });
  removeCgroup(group);
  return [...killed, ...removed];
}

/** As cleanAws, but leaves the process that calls it, its children and its control group. */
export async function removeRemains({ name, stateDir }: What): Promise<string[]> {
  const { hosts, services } = cgroupsOf(name);
  processesIn(services).filter(isStranger).forEach(killIfThere);
  await killCgroup(hosts);
  removeCgroup(hosts);
  const namespaces = (await listNamespaces()).filter((namespace) => isOurNamespace(name, namespace));
  for (const namespace of namespaces) await deleteNamespace(namespace);
  // Before the file systems that the volumes are on: without its mount, a volume's path no longer tells whose it is.
  const loops = await loopsBelow(stateDir);
  for (const device of loops) await run("losetup", ["--detach", device]);
  const mounts = mountsBelow(stateDir);
  for (const mount of mounts) await run("umount", ["--lazy", mount]);
  await removeState(stateDir);
  return [
    ...namespaces.map((namespace) => `network namespace ${namespace}`),
    ...mounts.map((mount) => `mount ${mount}`),
    ...loops.map((device) => `loop device ${device}`),
  ];
}

function isStranger(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  const parent = existsSync(status) && Number(/^PPid:\s*(\d+)/m.exec(readFileSync(status, "utf8"))?.[1]);
  return pid !== process.pid && parent !== process.pid;
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The innermost first. */
function mountsBelow(dir: string): string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1]?.replace(/\\040/g, " "))
    .filter((mount) => mount?.startsWith(`${resolve(dir)}/`))
    .reverse();
}

async function loopsBelow(dir: string): Promise<string[]> {
  const listing = await run("losetup", ["--list", "--json", "--output", "NAME,BACK-FILE"]);
  const { loopdevices } = JSON.parse(listing || `{"loopdevices": []}`) as {
    loopdevices: { name: string; "back-file": string | null }[];
  };
  return loopdevices
    .filter((device) => device["back-file"]?.startsWith(`${resolve(dir)}/`))
    .map((device) => device.name);
}

/** What was said of the last run is worth keeping; all else is of a cloud that is no more. */
async function removeState(dir: string): Promise<void> {
  if (!existsSync(dir)) return;
  const entries = readdirSync(dir).filter((entry) => !entry.endsWith(".log"));
  // Hosts leave many thousands of small files: rm needs half of the time that Node does.
  if (entries.length > 0) await run("rm", ["-rf", "--", ...entries.map((entry) => join(dir, entry))]);
}
