/** Which stand-ins a machine needs: those whose real plugin is not installed. */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, mkdir, mkdtemp, realpath, rename, rm, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { cacheDir } from "../tools/cache";
import { bin, bundle, names } from "./bundle";
import { versionOf } from "./core/version";

/** Where it is looked for real plugins. */
export interface Installation {
  /** The engine's own directory; default `$PULUMI_HOME` or `~/.pulumi`. */
  home?: string;
  /** Default `$PATH`. */
  path?: string;
  /** Where a choice of stand-ins is kept; default the cache of the local cluster's tools. */
  cache?: string;
}

/**
 * A directory to put before the PATH of the engine: in it are the stand-ins of plugins that are not installed, and of no others.
 * The engine prefers what is on its PATH to what it has installed, so a stand-in too many would be used instead of the real one.
 */
export async function standIns(installation: Installation = {}): Promise<string> {
  const { home = process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"), path = process.env.PATH ?? "" } = installation;
  const { cache = cacheDir } = installation;
  await bundle();
  const installed = await Promise.all(
    names.map(async (name) => (await isOnPath(name, path)) || (await isInstalled(name, home))),
  );
  const needed = names.filter((_, index) => !installed[index]);
  return needed.length === names.length ? bin : linked(needed, cache);
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** A stand-in that is on the PATH already is not the real plugin. */
async function isOnPath(name: string, path: string): Promise<boolean> {
  for (const directory of path.split(delimiter)) {
    const file = join(directory, name);
    if (directory && (await isExecutable(file)) && dirname(await realpath(file)) !== (await realpath(bin))) return true;
  }
  return false;
}

/** Installed by `pulumi plugin install` or by the engine itself, in the release that the SDK package asks for. */
async function isInstalled(name: string, home: string): Promise<boolean> {
  const [, provider] = /^pulumi-resource-(.+)$/.exec(name) ?? [];
  if (!provider) return false;
  return isExecutable(join(home, "plugins", `resource-${provider}-v${versionOf(`@pulumi/${provider}`)}`, name));
}

async function linked(needed: string[], cache: string): Promise<string> {
  const key = createHash("sha256")
    .update([bin, ...needed].join("\n"))
    .digest("hex")
    .slice(0, 12);
  const directory = join(cache, "stand-ins", key);
  if (await isExecutable(directory)) return directory;
  await mkdir(dirname(directory), { recursive: true });
  const aside = await mkdtemp(`${directory}.`);
  for (const name of needed) await symlink(join(bin, name), join(aside, name));
  try {
    await rename(aside, directory);
  } catch (error) {
    // Another process was faster, with the same links.
    await rm(aside, { recursive: true });
    if (!(await isExecutable(directory))) throw error;
  }
  return directory;
}
