import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** What a command printed, and its exit status. */
export interface CommandResult {
  stdout: string;
  stderr: string;
  code: number;
}

export interface CommandOptions {
  /** Replaces the whole environment. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Standard input; empty without it. */
  input?: string | Buffer;
  /** After that time the command is killed, and fails. */
  timeoutSeconds?: number;
}

/** Runs a command to its end, whatever its exit status; fails only where it could not run or was killed. */
export function capture(command: string, args: string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { input, timeoutSeconds = 0, ...rest } = options;
  return new Promise((resolve, reject) => {
    const settings = { ...rest, timeout: timeoutSeconds * 1000, maxBuffer: 2 ** 26 };
    const child = execFile(command, args, settings, (error, stdout, stderr) => {
      const code = error ? error.code : 0;
      if (typeof code === "number") return resolve({ stdout, stderr, code });
      const why = error?.killed ? `killed after ${timeoutSeconds} s` : error?.message;
      reject(new Error(`${describe(command, args)}: ${why}`));
    });
    // A command may end without reading all of its input: its exit status tells whether that is a fault.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input ?? "");
  });
}

/** Runs a command and returns what it printed; fails with its standard error unless its exit status is 0. */
export async function run(command: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const { stdout, stderr, code } = await capture(command, args, options);
  if (code === 0) return stdout;
  throw new Error(`${describe(command, args)}: exit status ${code}: ${stderr.trim() || stdout.trim()}`);
}

/**
 * Runs a command to its end, giving each line that it prints to `onLine` as it comes.
 * Fails with the command, its exit status and the last lines that it printed.
 */
export async function runLogged(
  command: string,
  args: string[],
  onLine: (line: string) => void,
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<void> {
  const last: string[] = [];
  const take = (line: string) => {
    if (!line.trim()) return;
    last.push(line);
    if (last.length > 15) last.shift();
    onLine(line);
  };
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const read = (stream: Readable) => createInterface({ input: stream }).on("line", take);
  read(child.stdout);
  read(child.stderr);
  const end = await new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === 0 ? undefined : `exit status ${signal ?? code}`));
  });
  if (end === undefined) return;
  throw new Error([`${describe(command, args)}: ${end}`, ...last.map((line) => `  ${line}`)].join("\n"));
}

/** The command line, with no more than the first line of an argument that is a script. */
function describe(command: string, args: string[]): string {
  return [command, ...args].map((part) => part.split("\n")[0]).join(" ");
}
