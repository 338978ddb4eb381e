/** `npm stop`: ends everything that the local cluster is, also what a crash left, and leaves its logs. */
import * as fs from "node:fs/promises";
import { cleanAws } from "../aws/clean";
import { awsDir, localName, starterFile } from "./paths";
import { forget } from "./pulumiState";
import type { Report } from "./report";

export async function stop(report: Report): Promise<void> {
  const removed = await cleanAws({ name: localName, stateDir: awsDir });
  for (const line of removed) report(`ended ${line}`);
  await forget();
  await fs.rm(starterFile, { force: true });
  report(removed.length ? "stopped" : "nothing was running");
}
