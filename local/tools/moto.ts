import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runLogged } from "../process";
import { cached, type Recipe, type Report } from "./cache";

const requirements = join(__dirname, "moto", "requirements.txt");
const text = readFileSync(requirements, "utf8");

// pip's own script names the interpreter by the path where it was installed; this one goes with the directory.
const launcher = `#!/bin/sh
exec "$(dirname "$0")/python3" -m moto.server "$@"
`;

const recipe: Recipe = {
  name: "moto",
  version: `${/^moto.*==(\S+)/m.exec(text)?.[1]}-${createHash("sha256").update(text).digest("hex").slice(0, 8)}`,
  does: "the emulator of the AWS API, into a Python environment of its own, a minute",
  build: async (dir, report) => {
    await runLogged("/usr/bin/python3", ["-m", "venv", dir], () => {});
    const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "--require-hashes"];
    let collected = 0;
    await runLogged(join(dir, "bin/python"), [...pip, "--requirement", requirements], (line) => {
      if (line.startsWith("Collecting")) collected++;
      if (line.startsWith("Installing")) report(`${collected} Python packages downloaded, installing`);
    });
    await writeFile(join(dir, "bin/moto_server"), launcher, { mode: 0o755 });
  },
};

/** Path of the program that starts moto's server. */
export async function ensureMoto(report: Report): Promise<string> {
  return join(await cached(recipe, report), "bin/moto_server");
}
