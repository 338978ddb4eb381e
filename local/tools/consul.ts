import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zipSync } from "fflate";
import { cached, type Recipe, type Report } from "./cache";
import { buildGoProgram, goProgramVersion, type GoProgram } from "./goBuild";

/** Consul's release on the local cluster. */
export const consulVersion = "1.20.6";

const program: GoProgram = { module: "consul", package: "github.com/hashicorp/consul" };
const archive = `consul_${consulVersion}_linux_amd64.zip`;

const recipe: Recipe = {
  name: "consul",
  version: `${consulVersion}-${goProgramVersion(program)}`,
  does: "built from source, about 4 minutes",
  build: async (dir, report) => {
    await buildGoProgram(program, join(dir, "consul"), report);
    await pack(dir);
  },
};

/** Consul's binary (the UI is in it), and the archive of it that hosts download, named as HashiCorp's. */
export async function ensureConsul(report: Report): Promise<{ binary: string; archive: string }> {
  const dir = await cached(recipe, report);
  return { binary: join(dir, "consul"), archive: join(dir, archive) };
}

async function pack(dir: string): Promise<void> {
  const regularFile = 0o100755;
  // Fixed times: the archive's digest is configuration of the cluster, and is to stay when the same binary is packed again.
  const options = { os: 3, attrs: regularFile << 16, mtime: new Date(1980, 0, 1), level: 6 } as const;
  const zip = zipSync({ consul: [await readFile(join(dir, "consul")), options] });
  await writeFile(join(dir, archive), zip);
}
