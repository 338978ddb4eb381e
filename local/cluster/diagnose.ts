/** `npm run diagnose`: what an operator would look at, whatever state the cluster is in. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { LocalState } from "../aws/api/local";
import { findLocalAws, type LocalAws } from "./localAws";
import { awsDir } from "./paths";

const HOST_COMMANDS: Record<string, string[]> = {
  "units that failed": ["systemctl", "--failed", "--no-legend", "--plain"],
  "consul members": ["consul", "members"],
  "boot report's last lines": ["journalctl", "--no-pager", "--lines=30", "--unit=realm-cluster-boot"],
  "warnings of the journal": ["journalctl", "--no-pager", "--lines=20", "--boot", "--priority=warning"],
  "Realm's last lines": [
    ...["journalctl", "--no-pager", "--lines=40", "--output=cat"],
    ...["--unit=consul", "--unit=sync-worker", "--unit=core-services", "--unit=realm-directory"],
  ],
};

/** Never throws for what it cannot find: that it cannot is part of the answer. */
export async function diagnose(): Promise<string> {
  try {
    const aws = await findLocalAws();
    const state = await aws.state();
    const hosts = await Promise.all(state.instances.map((instance) => diagnoseHost(aws, instance)));
    return [section("local AWS", JSON.stringify(state, null, 2)), ...hosts].join("\n");
  } catch (error) {
    return [section("local AWS", (error as Error).message), section("its log", await lastLines("aws.log"))].join("\n");
  }
}

async function diagnoseHost(
  aws: LocalAws,
  { id, name, on, consoleLog }: LocalState["instances"][number],
): Promise<string> {
  const title = `${name ?? id} (${id})`;
  if (!on) {
    const printed = consoleLog ? (await fs.readFile(consoleLog, "utf8")).split("\n").slice(-30).join("\n") : "nothing";
    return section(`${title} is off; its console`, printed);
  }
  const parts = Object.entries(HOST_COMMANDS).map(async ([what, command]) => {
    const ran = await aws.exec(id, command).catch((error: Error) => ({ stdout: "", stderr: error.message }));
    return section(`${title}: ${what}`, (ran.stdout + ran.stderr).trim() || "none");
  });
  return (await Promise.all(parts)).join("\n");
}

async function lastLines(log: string): Promise<string> {
  const text = await fs.readFile(path.join(awsDir, log), "utf8").catch((error: Error) => error.message);
  return text.split("\n").slice(-30).join("\n");
}

function section(title: string, text: string): string {
  return `=== ${title}\n${text}\n`;
}
