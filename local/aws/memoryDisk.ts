import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { run } from "../process";

/**
 * Makes a directory that lives in memory, or leaves it as it is where it was made before. The hosts' disks and the volumes are
 * there: nobody needs them after the local AWS has ended, and on a real disk writing and then deleting them takes longer than all else.
 */
export async function ensureMemoryDisk(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const isMounted = statSync(directory).dev !== statSync(dirname(directory)).dev;
  if (!isMounted) await run("mount", ["-t", "tmpfs", "-o", "mode=0700,size=90%", "tmpfs", directory]);
}
