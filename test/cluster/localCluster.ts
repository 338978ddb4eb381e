/**
 * The local cluster as the tests use it: the commands that an operator types, with the name and the state directory that
 * jest.config.js gives. Files share one cluster: each asks for it (a second start changes nothing) and the last one out is
 * `stopLocalCluster.ts`, jest's global teardown.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import { promisify } from "node:util";
import type { ClusterState } from "../../local/cluster/state";

const repository = path.resolve(__dirname, "../..");

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command in the repository as the tests' operator; never throws for its exit status. */
export async function run(command: string, args: string[], env: NodeJS.ProcessEnv = process.env): Promise<Ran> {
  const options = { cwd: repository, env, maxBuffer: 64 * 1024 * 1024 };
  try {
    return { code: 0, ...(await promisify(execFile)(command, args, options)) };
  } catch (error) {
    const failed = error as { code?: number | string; stdout?: string; stderr?: string };
    if (typeof failed.code !== "number") throw error;
    return { code: failed.code, stdout: failed.stdout ?? "", stderr: failed.stderr ?? "" };
  }
}

/** Runs one of the package's scripts, with a clear error when it does not end well. */
export async function npm(script: string, ...args: string[]): Promise<string> {
  const ran = await run("npm", ["run", "--silent", script, ...(args.length ? ["--", ...args] : [])]);
  if (ran.code !== 0) {
    throw new Error(
      `npm run ${script} ended with ${ran.code}:\n${ran.stdout.slice(-6000)}\n${ran.stderr.slice(-6000)}`,
    );
  }
  return ran.stdout;
}

export async function clusterState(): Promise<ClusterState> {
  return JSON.parse(await npm("status", "--json")) as ClusterState;
}

/** A script that goes on while the test does something to it. */
export function spawnNpm(script: string, env: NodeJS.ProcessEnv) {
  const child = spawn("npm", ["run", "--silent", script], { cwd: repository, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const ended = once(child, "close");
  const printed = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = (chunk: Buffer) => {
        output += chunk.toString();
        if (pattern.test(output)) resolve();
      };
      child.stdout.on("data", look);
      child.stderr.on("data", look);
      void ended.then(() => reject(new Error(`npm run ${script} ended without printing ${pattern}:\n${output}`)));
    });
  return { printed, ended };
}
