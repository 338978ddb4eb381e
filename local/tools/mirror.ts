import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { link, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { cacheDir } from "./cache";

/** A file that hosts download. */
export interface Download {
  /** Its name in the mirror. */
  file: string;
  /** The release that it is of. */
  version: string;
  /** Its digest, which hosts insist on. */
  sha256: string;
}

/** The directory that is the hosts' internet. */
export const mirrorDir = join(cacheDir, "mirror");

/** Puts a file of the cache into the mirror (by a link, which takes no room), in place of one of its name. */
export async function publish(file: string, version: string): Promise<Download> {
  await mkdir(mirrorDir, { recursive: true });
  const published = join(mirrorDir, basename(file));
  if (!existsSync(published) || statSync(published).ino !== statSync(file).ino) {
    const aside = `${published}.new`;
    await rm(aside, { force: true });
    await link(file, aside);
    await rename(aside, published);
  }
  return { file: basename(file), version, sha256: await digest(file) };
}

/** The file's sha256, which is kept beside it: what is in the cache does not change. */
async function digest(file: string): Promise<string> {
  const kept = `${file}.sha256`;
  if (existsSync(kept)) return readFileSync(kept, "utf8").trim();
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  const sha256 = hash.digest("hex");
  await writeFile(`${kept}.new`, `${sha256}\n`);
  await rename(`${kept}.new`, kept);
  return sha256;
}
