/** Releases of the SDK packages: a stand-in says the version of the provider that its SDK package belongs to. */
import { readFileSync } from "node:fs";

/** The version of an installed package, such as `@pulumi/aws`. */
export function versionOf(name: string): string {
  const { version } = JSON.parse(readFileSync(require.resolve(`${name}/package.json`), "utf8")) as { version: string };
  return version;
}
