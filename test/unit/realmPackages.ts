import { homedir } from "node:os";
import { join } from "node:path";
import { installPackages } from "../../local/realm/artifact";
import { cacheDir } from "../../local/tools/cache";

/** The `node_modules` that hosts have. They need no hosts: this is for anyone, on any machine. */
export async function realmPackages(): Promise<string> {
  const cache = process.getuid?.() === 0 ? cacheDir : join(homedir(), ".cache/realm-cluster");
  const installed = await installPackages({ cacheDir: cache, report: (line) => process.stderr.write(`${line}\n`) });
  return join(installed, "node_modules");
}
