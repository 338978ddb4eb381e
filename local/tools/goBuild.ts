import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run, runLogged } from "../process";
import type { Report } from "./cache";
import { find } from "./debian";

/** A program that is built from the Go module proxy, with every module pinned by checksum. */
export interface GoProgram {
  /** Folder under local/tools/go with go.mod and go.sum. */
  module: string;
  /** Import path of its main package. */
  package: string;
  /** What the linker sets, as `importpath.Name=value`. */
  linkerValues?: string[];
}

/** Changes with whatever the program is made of. */
export function goProgramVersion(program: GoProgram): string {
  const hash = createHash("sha256").update(JSON.stringify(program));
  for (const name of ["go.mod", "go.sum"]) hash.update(readFileSync(join(moduleDir(program), name)));
  return hash.digest("hex").slice(0, 8);
}

/** Compiles the program into the file `output`: static, the same bytes from the same compiler wherever it is built. */
export async function buildGoProgram(program: GoProgram, output: string, report: Report): Promise<void> {
  const go = find("go") ?? find("/usr/local/go/bin/go");
  if (!go) {
    throw new Error(
      "there is no go on PATH nor in /usr/local/go/bin; install Go 1.21 or later (it fetches the release it needs by itself)",
    );
  }
  const env = {
    ...process.env,
    CGO_ENABLED: "0",
    GOFLAGS: "-mod=readonly -trimpath -buildvcs=false",
    GOTOOLCHAIN: "auto",
    // The compiler allocates much and lives briefly: collecting its garbage less often saves a sixth of its time.
    GOGC: "400",
  };
  const options = { cwd: moduleDir(program), env };
  report("downloading Go modules");
  const total = (await run(go, ["list", "-deps", program.package], options)).trim().split("\n").length;
  const values = (program.linkerValues ?? []).map((value) => ` -X ${value}`).join("");
  const compiled = counter(total, report);
  // -v prints the name of each package as it is compiled.
  const arguments_ = ["build", "-v", "-ldflags", `-s -w${values}`, "-o", output, program.package];
  await runLogged(go, arguments_, compiled, options);
}

/** Tells now and then how many of the packages are compiled; those that an earlier build left are not told of. */
function counter(total: number, report: Report): () => void {
  let count = 0;
  let told = Date.now();
  return () => {
    count++;
    if (Date.now() - told < 10_000) return;
    told = Date.now();
    report(`${count} of at most ${total} packages compiled`);
  };
}

function moduleDir(program: GoProgram): string {
  return join(__dirname, "go", program.module);
}
