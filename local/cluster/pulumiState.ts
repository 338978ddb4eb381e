/** What Pulumi knows of the local cluster: its state, the project as this machine runs it, and the key of its secrets. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { awsDir, starterFile, stateDir } from "./paths";
import type { Report } from "./report";

/** Says of which cloud the state is. */
const cloudFile = path.join(stateDir, "cloud");

/**
 * Makes the state one of this cloud. What is there of another, which ended without `npm stop` (the machine was shut down,
 * or crashed), is forgotten: it tells of hosts that are no more, and an update would take them as made.
 */
export async function belongTo(cloud: string, report: Report): Promise<void> {
  if ((await readCloud()) === cloud) return;
  if (await forget()) report("forgot the state of a local AWS that is no more");
  await fs.mkdir(stateDir, { recursive: true, mode: 0o700 });
  await fs.writeFile(cloudFile, cloud);
}

/** Removes the state. @returns whether there was any */
export async function forget(): Promise<boolean> {
  const left = (await entries(stateDir)).map((entry) => path.join(stateDir, entry)).filter(isPulumis);
  for (const entry of left) await fs.rm(entry, { recursive: true });
  return left.length > 0;
}

const isPulumis = (entry: string) => ![awsDir, starterFile].includes(entry);

async function readCloud(): Promise<string | undefined> {
  return fs.readFile(cloudFile, "utf8").catch(ifMissing(undefined));
}

async function entries(directory: string): Promise<string[]> {
  return fs.readdir(directory).catch(ifMissing<string[]>([]));
}

function ifMissing<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT") return value;
    throw error;
  };
}
