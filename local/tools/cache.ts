import { existsSync, renameSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Says what is being done and how far it is, one line at a time. */
export type Report = (line: string) => void;

/** Where built tools are kept: `$REALM_CLUSTER_CACHE`, or /var/cache/realm-cluster. */
export const cacheDir = process.env.REALM_CLUSTER_CACHE ?? "/var/cache/realm-cluster";

/** Something that is built once and kept. */
export interface Recipe {
  /** Names it in reports, and in the cache. */
  name: string;
  /** Another version is another thing, kept beside this one. */
  version: string;
  /** What building it means to the one who waits, as "built from source, about 4 minutes". */
  does: string;
  /** Builds it into the given directory, which exists and is empty. */
  build: (dir: string, report: Report) => Promise<void>;
}

/** Where a recipe's result is, or will be. */
export function cachedDir({ name, version }: Pick<Recipe, "name" | "version">): string {
  return join(cacheDir, `${name}-${version}`);
}

/** Whether a recipe's result is there. */
export function isCached(recipe: Pick<Recipe, "name" | "version">): boolean {
  return existsSync(cachedDir(recipe));
}

/**
 * Returns the directory of a recipe's result, after building it if it is not there. It is built aside and renamed, so
 * that what is there is whole. The caller holds the cache's lock.
 * Fails with the tool, the step that failed with what it printed, and where to try again.
 */
export async function cached(recipe: Recipe, report: Report): Promise<string> {
  const dir = cachedDir(recipe);
  if (existsSync(dir)) return dir;
  const say = (line: string) => report(`${recipe.name}: ${line}`);
  const started = Date.now();
  const aside = `${dir}.building`;
  say(`${recipe.version}, ${recipe.does}`);
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { recursive: true });
  try {
    await recipe.build(aside, say);
  } catch (error) {
    throw new Error(
      `${recipe.name} ${recipe.version} could not be made in ${aside}; the same command tries again\n${(error as Error).message}`,
      { cause: error },
    );
  }
  renameSync(aside, dir);
  say(`ready after ${Math.round((Date.now() - started) / 1000)} s`);
  return dir;
}
