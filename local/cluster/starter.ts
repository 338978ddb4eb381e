/** One starter at a time, in a control group that `npm stop` ends whatever becomes of the starter. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { createCgroup, isPopulated, killCgroup, moveInto } from "../aws/cgroup";
import { cgroupOf } from "../aws/options";
import { localName, starterFile } from "./paths";
import type { Report } from "./report";

/**
 * Makes this process, and all that it will start, the one that changes the local cluster. What a starter that was killed
 * left running is ended.
 *
 * @throws When another starter is at work.
 */
export async function becomeOnlyStarter(report: Report): Promise<void> {
  const group = path.join(cgroupOf(localName), "starter");
  if (isPopulated(group)) {
    const pid = (await fs.readFile(starterFile, "utf8")).trim();
    if (await isInGroup(Number(pid), group)) {
      throw new Error(
        `another npm start (process ${pid}) is at work on this cluster; wait for it, or end it with: npm stop`,
      );
    }
    report("ending what an earlier npm start left running");
    await killCgroup(group);
  }
  createCgroup(group);
  moveInto(group, process.pid);
  await fs.writeFile(starterFile, `${process.pid}\n`);
}

async function isInGroup(pid: number, group: string): Promise<boolean> {
  const processes = await fs.readFile(path.join(group, "cgroup.procs"), "utf8");
  return processes.split("\n").map(Number).includes(pid);
}
