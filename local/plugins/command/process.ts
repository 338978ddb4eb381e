/** One command as a process of its own group, its lines shown as they come. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { once } from "node:events";

/** What a command wrote, without the last newline. */
export type Captured = { stdout: string; stderr: string };

/** A command and where to run it. */
export interface CommandSpec {
  command: string;
  /** The program and arguments that the command is given to; default `/bin/sh -c`. */
  interpreter?: string[];
  /** Default: the project's directory, where the engine starts its plugins. */
  directory?: string;
  environment: Record<string, string>;
  stdin?: string;
  show(stream: "stdout" | "stderr", line: string): void;
  /** Ends the command and all that it started. */
  signal: AbortSignal;
}

/** Runs a command to its end. An exit code other than 0 is an error that holds all that the command wrote. */
export async function runCommand(spec: CommandSpec): Promise<Captured> {
  spec.signal.throwIfAborted();
  const [program, ...leading] = spec.interpreter?.length ? spec.interpreter : ["/bin/sh", "-c"];
  const child = spawn(program, [...leading, spec.command], {
    cwd: spec.directory,
    env: { ...process.env, ...spec.environment },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const end = () => {
    // The whole group: a shell's children would go on without it.
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, "SIGKILL");
  };
  spec.signal.addEventListener("abort", end, { once: true });
  process.once("exit", end);
  const both: string[] = [];
  try {
    child.stdin.on("error", () => undefined); // a command need not read what it is given
    child.stdin.end(spec.stdin ?? "");
    const closed = once(child, "close");
    const [stdout, stderr] = await Promise.all([
      collect(child.stdout, both, (line) => spec.show("stdout", line)),
      collect(child.stderr, both, (line) => spec.show("stderr", line)),
      closed,
    ]);
    const [code, signal] = (await closed) as [number | null, NodeJS.Signals | null];
    if (code !== 0) throw failed(spec, code === null ? `signal: ${signal}` : `exit status ${code}`, both);
    return { stdout, stderr };
  } finally {
    spec.signal.removeEventListener("abort", end);
    process.removeListener("exit", end);
  }
}

async function collect(stream: Readable, both: string[], show: (line: string) => void): Promise<string> {
  let text = "";
  stream.setEncoding("utf8");
  const lines = createInterface({ input: stream });
  stream.on("data", (chunk: string) => {
    text += chunk;
    both.push(chunk);
  });
  lines.on("line", show);
  await once(lines, "close");
  return text.replace(/\n$/, "");
}

function failed(spec: CommandSpec, how: string, both: string[]): Error {
  const why = spec.signal.aborted ? `${how} (${String(spec.signal.reason?.message ?? "cancelled")})` : how;
  return new Error(`${why}: running ${JSON.stringify(spec.command)}:\n${both.join("")}`);
}
