import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A program of `gates/host`, and its arguments. */
export interface HostScript {
  program: "take-up-secrets" | "gossip-key";
  args: string[];
}

/** How a script ended on a host. */
export interface ScriptEnd {
  ok: boolean;
  /** What it printed. */
  output: string;
  /** Why it failed: what it wrote to standard error, or why it was not run. */
  reason: string;
}

/**
 * The lines for Systems Manager's `AWS-RunShellScript`: the program goes to its own interpreter, so that what runs is the file as it is
 * in this repository.
 */
export function scriptLines({ program, args }: HostScript): string[] {
  const source = readFileSync(join(__dirname, "host", program), "utf8");
  const interpreter = /^#!(\S+)/.exec(source)?.[1];
  if (interpreter === undefined) throw new Error(`gates/host/${program} does not name its interpreter`);
  const fromStandardInput = interpreter.endsWith("python3") ? "-" : "-s";
  const quoted = args.map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`);
  return [
    "#!/bin/sh",
    [interpreter, fromStandardInput, ...quoted, "<<'END OF PROGRAM'"].join(" "),
    ...source.trimEnd().split("\n"),
    "END OF PROGRAM",
  ];
}
