import { existsSync } from "node:fs";
import { hasCgroup2 } from "../aws/cgroup";

/**
 * Why this machine cannot run hosts, in one line, or undefined where it can. Hosts are containers with network
 * namespaces, loop devices and firewall rules of their own, which only root on Linux can make.
 */
export function missingRequirement(): string | undefined {
  if (process.platform !== "linux") return `the local cluster needs Linux, and this machine runs ${process.platform}`;
  if (process.arch !== "x64") return `the local cluster needs an x86-64 machine, and this one is ${process.arch}`;
  if (process.getuid?.() !== 0) return "the local cluster needs root, for network namespaces, mounts and loop devices";
  if (!hasCgroup2())
    return "the local cluster needs control groups v2, and none are mounted (mount -t cgroup2 cgroup2 DIR)";
  if (!existsSync("/dev/loop-control"))
    return "the local cluster needs loop devices, and this kernel has none (modprobe loop)";
  return undefined;
}
