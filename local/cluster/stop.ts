/** `npm stop`: ends everything that the local cluster is, also what a crash left, and leaves its logs. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { cleanAws } from "../aws/clean";
import { awsDir, localName, stateDir } from "./paths";
import type { Report } from "./report";

export async function stop(report: Report): Promise<void> {
  const removed = await cleanAws({ name: localName, stateDir: awsDir });
  for (const line of removed) report(`ended ${line}`);
  // Pulumi's state is of a cloud that is no more.
  for (const entry of await entries(stateDir)) {
    if (entry !== path.basename(awsDir)) await fs.rm(path.join(stateDir, entry), { recursive: true });
  }
  report(removed.length ? "stopped" : "nothing was running");
}

async function entries(directory: string): Promise<string[]> {
  return fs.readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}
