/** What a local AWS has on this machine, found without asking it: the machine itself is searched. */
import * as fs from "node:fs";
import { cgroup2Root } from "../../local/aws/cgroup";
import { run } from "./localCluster";

/** A line for each process, namespace, mount, loop device and control group of that name or below that directory. */
export async function remains(name: string, stateDir: string): Promise<string[]> {
  const mine = (text: string) => text.includes(`${stateDir}/`);
  const namespaces = (await run("ip", ["netns", "list"])).stdout
    .split("\n")
    .filter((line) => line.startsWith(`${name}-`));
  const loops = (await run("losetup", ["--list", "--noheadings", "--output", "NAME,BACK-FILE"])).stdout.split("\n");
  const cgroup = `${cgroup2Root()}/${name}`;
  return [
    ...processes()
      .filter(({ cgroups, command }) => cgroups.includes(`/${name}/`) || mine(command))
      .map(({ pid, command }) => `process ${pid} ${command}`),
    ...namespaces.map((line) => `namespace ${line}`),
    ...fs
      .readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .filter(mine)
      .map((line) => `mount ${line}`),
    ...loops.filter(mine).map((line) => `loop device ${line}`),
    ...(fs.existsSync(cgroup) ? [`control group ${cgroup}`] : []),
  ];
}

function processes(): { pid: string; cgroups: string; command: string }[] {
  return fs.readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      // It has ended and holds nothing; that whoever adopted it has not asked for its exit status yet is no remains of ours.
      if (/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"))) return [];
      const cgroups = fs.readFileSync(`/proc/${pid}/cgroup`, "utf8");
      return [{ pid, cgroups, command: fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ") }];
    } catch (error) {
      // It ended between the listing and the look.
      if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
      throw error;
    }
  });
}
