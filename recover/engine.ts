import { execFile } from "node:child_process";

/** How the engine is run: on which stack, in which project, with which environment. */
export interface EngineOptions {
  stack: string;
  /** The directory of the project. */
  cwd: string;
  /** @default this process's own */
  env?: NodeJS.ProcessEnv;
}

/** The `pulumi` command on one stack. */
export class Engine {
  constructor(private readonly options: EngineOptions) {}

  /**
   * Runs a command and returns what it prints.
   *
   * @param input its standard input
   * @throws with the engine's own reason
   */
  run(args: string[], input = ""): Promise<string> {
    const { stack, cwd, env } = this.options;
    const all = [...args, "--stack", stack, "--non-interactive", "--color=never"];
    return new Promise((resolve, reject) => {
      const child = execFile("pulumi", all, { cwd, env, maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        const reason = reasonIn(stderr + stdout) ?? error.message;
        reject(new Error(`pulumi ${args.slice(0, 2).join(" ")}: ${reason}${hintOn(reason)}`));
      });
      // Whoever ends early reads nothing.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(input);
    });
  }
}

/** A state in a directory has a file beside it that tells about it, and that is not written at one go. */
const hintOn = (reason: string) =>
  reason.endsWith("failed to load checkpoint: EOF")
    ? ". The run was killed while it wrote the file about the state: delete .pulumi/stacks/PROJECT/STACK.json.attrs; the state itself is whole"
    : "";

/** The engine's errors, with the lines below each that belong to it. */
function reasonIn(text: string): string | undefined {
  const [, ...errors] = text.split(/^ *error: /m);
  const belonging = errors.map((error) => /^.*(\n[ \t]+\S.*)*/.exec(error)![0].trim());
  return belonging.length > 0 ? [...new Set(belonging)].join("\n") : undefined;
}
