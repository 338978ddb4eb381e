import { readFileSync } from "node:fs";
import { join } from "node:path";
import { capture } from "../process";
import { cached, cachedDir, isCached, type Recipe, type Report } from "./cache";
import { find } from "./debian";
import { buildGoProgram, goProgramVersion, type GoProgram } from "./goBuild";

/** The engine's release: that of the SDK, as Pulumi asks for. */
export const pulumiVersion: string = JSON.parse(readFileSync(join(__dirname, "../../package.json"), "utf8"))
  .dependencies["@pulumi/pulumi"];

const program: GoProgram = {
  module: "pulumi",
  package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  // Without it the Automation API cannot tell which release it drives.
  linkerValues: [`github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${pulumiVersion}`],
};

const recipe: Recipe = {
  name: "pulumi",
  version: `${pulumiVersion}-${goProgramVersion(program)}`,
  does: "built from source, about 4 minutes",
  build: (dir, report) => buildGoProgram(program, join(dir, "pulumi"), report),
};

/** Path of a Pulumi CLI of the pinned release: the one on PATH if it is that, else one built here. */
export async function ensurePulumi(report: Report): Promise<string> {
  const built = join(cachedDir(recipe), "pulumi");
  if (isCached(recipe)) return built;
  const installed = find("pulumi");
  if (installed && (await capture(installed, ["version"])).stdout.trim() === `v${pulumiVersion}`) return installed;
  await cached(recipe, report);
  return built;
}
