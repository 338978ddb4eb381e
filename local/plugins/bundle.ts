/** Builds the stand-ins' executables: one file each, which node starts in a third of the time that the TypeScript takes it. */
import { chmod, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { run } from "../process";

const repository = resolve(__dirname, "../..");

/** Where they are. Inside of node_modules, as they find the packages that they need from there. */
export const bin = join(repository, "node_modules/.cache/realm-cluster/stand-ins");

/** The source of each, below this directory. */
const SOURCES = {
  "pulumi-language-nodejs": "language",
  "pulumi-resource-aws": "aws",
  "pulumi-resource-command": "command",
  "pulumi-resource-random": "random",
  "pulumi-resource-tls": "tls",
};

/** Their names. */
export const names = Object.keys(SOURCES);

/** Builds all of them, and replaces those that came out otherwise; takes a moment. Several processes may do so at once. */
export async function bundle(): Promise<void> {
  await mkdir(bin, { recursive: true });
  const aside = await mkdtemp(`${bin}.`);
  try {
    const sources = Object.entries(SOURCES).map(
      ([name, directory]) => `${name}=${join(__dirname, directory, "main.ts")}`,
    );
    const form = ["--bundle", "--platform=node", "--packages=external", "--log-level=warning", `--outdir=${aside}`];
    // What the language host finds beside its source it finds there still.
    const place = `--define:__dirname=${JSON.stringify(join(__dirname, "language"))}`;
    await run(join(repository, "node_modules/.bin/esbuild"), [
      ...sources,
      ...form,
      place,
      "--banner:js=#!/usr/bin/env node",
    ]);
    for (const name of names) await replace(join(aside, `${name}.js`), join(bin, name));
  } finally {
    await rm(aside, { recursive: true });
  }
}

/** One that is the same stays: the engine may be starting it. */
async function replace(made: string, name: string): Promise<void> {
  const [wanted, found] = await Promise.all([readFile(made, "utf8"), readFile(name, "utf8").catch(() => undefined)]);
  if (wanted === found) return;
  await chmod(made, 0o755);
  await rename(made, name);
}
