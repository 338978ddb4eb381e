import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A program of `gates/host`, and its arguments. */
export interface HostScript {
  program: "ask-consul" | "consul-server" | "gossip-key" | "put-service" | "take-up-secrets";
  args: string[];
}

/** It as a shell script, for `runCommand`: the program goes to its own interpreter, so that what runs is the file as it is in this repository. */
export function shellScript({ program, args }: HostScript): string {
  const source = readFileSync(join(__dirname, "host", program), "utf8");
  const interpreter = /^#!(\S+)/.exec(source)?.[1];
  if (interpreter === undefined) throw new Error(`gates/host/${program} does not name its interpreter`);
  const fromStandardInput = interpreter.endsWith("python3") ? "-" : "-s";
  const quoted = args.map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`);
  return [
    "#!/bin/sh",
    [interpreter, fromStandardInput, ...quoted, "<<'END OF PROGRAM'"].join(" "),
    source.trimEnd(),
    "END OF PROGRAM",
  ].join("\n");
}
