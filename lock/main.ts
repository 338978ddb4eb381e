/** `npm run lock-realm`: the lock file of a stack's Realm packages, for `realm.lockFile`. */
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { LocalWorkspace } from "@pulumi/pulumi/automation";
import { Command } from "commander";
import { lockStack } from "./lockFile";

const program = new Command("npm run lock-realm --")
  .description("writes a package-lock.json of what a stack's hosts install from its registry, with a digest of each")
  .requiredOption("--stack <name>", "the stack whose configuration names registry, versions and overrides")
  .option("--output <file>", "where to write it", "realm-lock.json");

async function main(): Promise<void> {
  const { stack: stackName, output } = program.parse().opts<{ stack: string; output: string }>();
  const stack = await LocalWorkspace.selectStack({ stackName, workDir: resolve(__dirname, "..") });
  const all = Object.entries(await stack.getAllConfig()).map(([key, { value }]) => [key, value] as const);
  const { name } = await stack.workspace.projectSettings();
  const values = Object.fromEntries(all);
  const text = await lockStack(name, values);
  await writeFile(output, text);
  const sha256 = createHash("sha256").update(text).digest("hex");
  console.log(`${output} has ${Object.keys(JSON.parse(text).packages).length - 1} packages, each with its digest.`);
  console.log("Put it where the hosts can fetch it, such as beside their other downloads, and then:");
  console.log(`  pulumi config set --stack ${stackName} --path realm.lockFile.url URL`);
  console.log(`  pulumi config set --stack ${stackName} --path realm.lockFile.sha256 ${sha256}`);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
