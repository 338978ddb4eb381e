import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunningAws } from "./daemon";
import { statePaths, type AwsOptions } from "./options";

type Message = { running: RunningAws } | { error: string };

/**
 * Starts a local AWS as a process that outlives this one, and waits until its API answers. One that runs already with
 * this state directory is taken as it is.
 * @throws with the daemon's own reason, or the end of its log, when it does not start
 */
export async function startAws(options: AwsOptions): Promise<RunningAws> {
  const already = await runningAws(options.stateDir);
  if (already) return already;
  const paths = statePaths(options.stateDir);
  mkdirSync(options.stateDir, { recursive: true });
  const log = openSync(paths.log, "a");
  const main = join(__dirname, "main.ts");
  const child = spawn(process.execPath, ["--import", "tsx", main, JSON.stringify(options)], {
    cwd: __dirname,
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      const reason = `the local AWS did not start (${signal ?? `exit ${code}`})`;
      reject(new Error(`${reason}:\n${readFileSync(paths.log, "utf8").trim().split("\n").slice(-10).join("\n")}`));
    });
    child.once("message", (message: Message) => {
      child.removeAllListeners();
      if ("error" in message) return reject(new Error(`the local AWS did not start: ${message.error}`));
      child.unref();
      resolve(message.running);
    });
  });
}

/** The local AWS of this state directory, if it runs and answers. */
export async function runningAws(stateDir: string): Promise<RunningAws | undefined> {
  const { ready } = statePaths(stateDir);
  if (!existsSync(ready)) return undefined;
  const running = JSON.parse(readFileSync(ready, "utf8")) as RunningAws;
  const answer = await fetch(`${running.endpoint}/_local/state`).catch(() => undefined);
  await answer?.arrayBuffer();
  return answer?.ok ? running : undefined;
}
