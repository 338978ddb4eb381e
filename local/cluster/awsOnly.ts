/** `npm run aws` */
import { ensureTools } from "../tools";
import { engineEnvironment } from "./engine";
import { startLocalAws } from "./localAws";
import type { Report } from "./report";
import { enginePath } from "./toolPath";

/** Starts the local AWS without a cluster, and returns shell commands that set what its clients need. */
export async function printEnvironment(report: Report): Promise<string> {
  const tools = await ensureTools(report);
  const aws = await startLocalAws(tools, report);
  const environment = await engineEnvironment({ path: await enginePath(tools), aws: aws.environment });
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`)
    .join("\n");
}
