import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";
import { run, runLogged } from "../process";

/** What the hosts install in place of Realm's licensed packages. */
export interface RealmArtifact {
  /** `realm-<key>.tar.gz`: node_modules at its top, for Node.js 8. */
  path: string;
  sha256: string;
  /** The same, unpacked and whole (with type declarations). */
  directory: string;
}

export interface ArtifactOptions {
  /** Kept between builds. One artifact for each content of this folder. */
  cacheDir: string;
  /** Told each step as it begins, one line each. */
  report: (line: string) => void;
}

/** Changes when the way of building changes, so that what an older program built is not taken. */
const BUILDER = 2;

/** What no host needs: four fifths of the bytes. */
const PRUNED = ["*.map", "*.ts", "*.md", "@types", "test", "tests", "docs", "example", "examples", "*.spec.js"];

/**
 * Builds the artifact, or finds it in the cache. Needs GNU tar.
 * @throws with npm's own words when a package cannot be fetched.
 */
export async function buildArtifact(options: ArtifactOptions): Promise<RealmArtifact> {
  const directory = await installPackages(options);
  const archive = path.join(directory, `${path.basename(directory)}.tar.gz`);
  if (!existsSync(archive)) {
    options.report("Packing the Realm packages for the hosts");
    await pack(directory, archive);
  }
  return { path: archive, sha256: await fileDigest(archive), directory };
}

/**
 * Installs, by npm, the real realm-object-server with stand-ins for the packages that cannot be installed any more
 * (realm, realm-sync-server, uws) or are licensed (realm-object-server-enterprise); or finds them in the cache.
 * @returns the directory that has node_modules.
 * @throws with npm's own words when a package cannot be fetched.
 */
export async function installPackages({ cacheDir, report }: ArtifactOptions): Promise<string> {
  const directory = path.join(cacheDir, `realm-${await key()}`);
  if (existsSync(directory)) return directory;
  await mkdir(cacheDir, { recursive: true });
  const aside = await mkdtemp(`${directory}.`);
  try {
    for (const part of ["install", "packages"]) {
      await cp(path.join(__dirname, part), path.join(aside, part), { recursive: true });
    }
    report("Installing realm-object-server 3.12.0 from npm, with stand-ins for Realm's licensed packages");
    // Scripts would fetch native code from hosts that are gone. npm waits for minutes on each of its retries.
    const args = ["ci", "--ignore-scripts", "--install-links", "--omit=dev", "--fetch-retries=0", "--no-audit"];
    await runLogged("npm", [...args, "--no-fund"], () => undefined, { cwd: path.join(aside, "install") });
    await rename(path.join(aside, "install", "node_modules"), path.join(aside, "node_modules"));
    await publish(aside, directory);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return directory;
}

/** The same content packs to the same bytes, so that a rebuilt cache does not replace hosts. */
async function pack(directory: string, archive: string): Promise<void> {
  const same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=a=rX,u+w"];
  const excluded = PRUNED.map((pattern) => `--exclude=${pattern}`);
  const aside = `${archive}.${process.pid}`;
  const args = ["--create", ...same, ...excluded, "--use-compress-program=gzip -n", "--file", aside, "node_modules"];
  await run("tar", args, { cwd: directory });
  await rename(aside, archive);
}

/** Of two builds at once the first is kept. */
async function publish(aside: string, directory: string): Promise<void> {
  try {
    await rename(aside, directory);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** Names the content of the stand-ins and of the lock file. */
async function key(): Promise<string> {
  const hash = createHash("sha256").update(`${BUILDER} ${PRUNED.join(" ")}\n`);
  for (const file of await files(__dirname, ["install", "packages"])) {
    const content = await readFile(path.join(__dirname, file));
    hash.update(`${file} ${content.length}\n`).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

async function files(root: string, parts: string[]): Promise<string[]> {
  const lists = parts.map(async (part) => {
    const found = await readdir(path.join(root, part), { recursive: true, withFileTypes: true });
    return found
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
  });
  return (await Promise.all(lists)).flat().sort();
}

async function fileDigest(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
