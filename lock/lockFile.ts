import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readKeys } from "../config";
import { realmModules } from "../plan/hosts";
import { packageJson } from "../userdata/downloads";

/** A package in a package-lock.json, as far as it is read here. */
interface Locked {
  version?: string;
  integrity?: string;
  /** It is in the archive of the package that it is for. */
  inBundle?: boolean;
}

/**
 * A package-lock.json of a stack's Realm packages: what npm installs of its registry today, with the digest of each.
 *
 * @param values the stack's configuration as Pulumi hands it over, secrets in the clear
 * @throws where it names no registry; with npm's own words; or with the names of packages that the registry has no digest of
 */
export async function lockStack(project: string, values: Readonly<Record<string, string>>): Promise<string> {
  const { realm, coreServices } = readKeys(project, values, ["realm", "coreServices"]);
  if (realm.registry === undefined) throw new Error("realm.registry is not set: there is nothing to lock");
  const directory = await mkdtemp(join(tmpdir(), "realm-lock-"));
  try {
    await writeFile(join(directory, "package.json"), packageJson(realm, realmModules({ coreServices })));
    await writeFile(join(directory, ".npmrc"), npmrc(realm.registry, values[`${project}:npmToken`]), { mode: 0o600 });
    // Of version 2, which the npm of Node 8 reads as well as the newest. Scripts have no say in what is installed.
    // Told on the command line: what an operator's own npm is set to would come before a file's setting.
    const from = `--registry=${realm.registry}`;
    const form = [from, "--package-lock-only", "--lockfile-version=2", "--omit-lockfile-registry-resolved=false"];
    await npm(["install", ...form, "--ignore-scripts", "--no-audit", "--no-fund"], directory);
    const text = await readFile(join(directory, "package-lock.json"), "utf8");
    const bare = withoutDigest(text);
    if (bare.length > 0) throw new Error(`the registry has no digest of ${bare.join(", ")}: npm could not verify them`);
    return text;
  } finally {
    await rm(directory, { recursive: true });
  }
}

function withoutDigest(text: string): string[] {
  const { packages } = JSON.parse(text) as { packages: Record<string, Locked> };
  return Object.entries(packages)
    .filter(([path, { integrity, inBundle }]) => path !== "" && !integrity && !inBundle)
    .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, "")} ${version}`);
}

function npmrc(registry: string, token?: string): string {
  const place = registry.slice(registry.indexOf(":") + 1).replace(/\/?$/, "/");
  return token ? `${place}:_authToken=${token}\n` : "";
}

async function npm(args: string[], cwd: string): Promise<void> {
  await promisify(execFile)("npm", args, { cwd }).catch((error: Error & { stderr?: string }) => {
    throw new Error(`npm could not resolve the Realm packages:\n${error.stderr || error.message}`, { cause: error });
  });
}
