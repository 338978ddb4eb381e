/** `npm run preview`: `pulumi preview`, with user data as text and what it comes to in a few sentences. */
import { spawn } from "node:child_process";
import { appendFile } from "node:fs/promises";
import { Command } from "commander";
import { parseDigest } from "./digest";
import { renderMarkdown, renderText } from "./render";
import { makeReport } from "./report";

const program = new Command("npm run preview --")
  .description(
    "what `pulumi up` would do, to be read by a person; whatever it is given besides goes to `pulumi preview`",
  )
  .option("--markdown <file>", "append it to this file as well, as a comment for a pull request")
  .argument("[arguments...]", "of `pulumi preview`, such as --stack prod")
  .allowUnknownOption();

/** Runs `pulumi preview --json`; its messages on standard error are passed on as they come. */
async function preview(given: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  const child = spawn("pulumi", ["preview", "--json", "--non-interactive", ...given], {
    stdio: ["ignore", "pipe", "pipe"],
    // This would make the output a stream of events in place of the digest.
    env: { ...process.env, PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "false" },
  });
  const written = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (written.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    written.stderr += text;
    process.stderr.write(text);
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? 1));
  });
  return { ...written, code };
}

async function main(): Promise<void> {
  program.parse();
  const { markdown } = program.opts<{ markdown?: string }>();
  const { stdout, stderr, code } = await preview(program.args);
  const digest = parseDigest(stdout);
  const report = makeReport(digest, code === 0 ? undefined : stderr);
  const stack = digest?.steps?.[0]?.urn.split(":")[2];
  process.stdout.write(renderText(report));
  if (markdown) await appendFile(markdown, renderMarkdown(`Preview${stack ? ` of ${stack}` : ""}`, report));
  process.exitCode = code;
}

main().catch((error: NodeJS.ErrnoException) => {
  console.error(error.code === "ENOENT" ? "there is no pulumi on PATH" : error.message);
  process.exitCode = 1;
});
