import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Runs `work` while holding a lock that one process of this machine can hold at a time, and waits for it first.
 * The kernel holds it (flock) for a child that ends when this process does, however it ends: a lock cannot be left behind.
 * @param file made if need be, and kept
 * @param onWait called once if another process has the lock
 */
export async function withLock<T>(file: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  const holder = spawn("flock", ["--exclusive", file, "sh", "-c", "echo held; cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const failed = once(holder, "exit").then(([code, signal]) => {
    throw new Error(`cannot lock ${file}: flock ended with ${signal ?? code}`);
  });
  failed.catch(() => {});
  const timer = setTimeout(onWait, 500);
  try {
    await Promise.race([
      once(holder.stdout, "data"),
      once(holder, "error").then(([error]) => Promise.reject(error)),
      failed,
    ]);
    clearTimeout(timer);
    return await work();
  } finally {
    clearTimeout(timer);
    holder.stdin.end();
  }
}
