import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir, cached, type Recipe, type Report } from "./cache";
import { buildGoProgram, goProgramVersion, type GoProgram } from "./goBuild";
import { withLock } from "./lock";

const program: GoProgram = { module: "actionlint", package: "github.com/rhysd/actionlint/cmd/actionlint" };

const recipe: Recipe = {
  name: "actionlint",
  version: goProgramVersion(program),
  does: "built from source, some seconds",
  build: (dir, report) => buildGoProgram(program, join(dir, "actionlint"), report),
};

/** Path of the checker of GitHub's workflows, which only tests need. */
export async function ensureActionlint(report: Report): Promise<string> {
  await mkdir(cacheDir, { recursive: true });
  const wait = () => report(`waiting for another process that is filling ${cacheDir}`);
  return join(await withLock(join(cacheDir, "lock"), wait, () => cached(recipe, report)), "actionlint");
}
