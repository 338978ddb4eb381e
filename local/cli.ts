/** The commands for the cluster on this machine, as package.json's scripts name them. */
import { Command, InvalidArgumentError } from "commander";
import { examine } from "../doctor";
import { readStack } from "../doctor/stack";
import { recover } from "../recover";
import { diagnose } from "./cluster/diagnose";
import { localDeployment } from "./cluster/doctor";
import { openRecovery } from "./cluster/recover";
import { repository } from "./cluster/paths";
import { elapsedReport } from "./cluster/report";
import { printEnvironment } from "./cluster/awsOnly";
import { start } from "./cluster/start";
import { status } from "./cluster/status";
import { stop } from "./cluster/stop";
import { token } from "./cluster/token";
import { missingRequirement } from "./tools/requirements";

/** How long AWS may take to tell of what it has just made. */
const SETTLE_SECONDS = 30;

// The AWS SDK announces its next minimum of Node at every start; what is needed today is in package.json.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

const program = new Command("realm-cluster")
  .description(
    "The Realm cluster on this machine: the same program, user data and commands as on AWS, without an account.",
  )
  .hook("preAction", (_program, command) => {
    // A cluster on AWS can be asked from anywhere.
    if ([doctor, recovery].includes(command) && command.opts().stack) return;
    const missing = missingRequirement();
    if (missing) throw new Error(missing);
  });

program
  .command("start")
  .description("stand the cluster up, or bring it to what the program says; a second start changes nothing")
  .option("--stack <name>", "the stack to start, by its Pulumi.<name>.yaml (default: the one that runs, or dev)")
  .action(async ({ stack }: { stack?: string }) => console.log(await start(elapsedReport(), stack)));
program
  .command("stop")
  .description("end everything that start started, also after a crash, and delete its data")
  .action(() => stop(elapsedReport()));
program
  .command("status")
  .description("show hosts, Consul, services and where to log in; exit 1 unless the cluster is healthy")
  .option("--json", "one JSON object, kept stable")
  .action(async ({ json }: { json?: boolean }) => {
    const { text, healthy } = await status(json ?? false);
    console.log(text);
    process.exitCode = healthy ? 0 : 1;
  });
program
  .command("token")
  .description("print the admin token, with which Realm Studio logs in")
  .action(async () => console.log(await token()));
program
  .command("aws")
  .description("start the local AWS alone and print the environment with which the AWS CLI and pulumi use it")
  .action(async () => console.log(await printEnvironment(elapsedReport(console.error))));
program
  .command("diagnose")
  .description("print what one looks at when something is wrong: boot reports, journals, Consul, the local AWS")
  .action(async () => console.log(await diagnose()));
const doctor = program
  .command("doctor")
  .description("ask a cluster everything and say what is wrong; exit 1 if something is, 2 if it could not be asked")
  .option("--stack <name>", "a stack on AWS, with the credentials of the environment (default: the local cluster)")
  .option("--json", "one JSON object, kept stable")
  .action(async ({ stack, json }: { stack?: string; json?: boolean }) => {
    const { text, exitCode } = await examine(stack ? () => readStack(stack) : localDeployment, json ?? false);
    console.log(text);
    process.exitCode = exitCode;
  });
const recovery = program
  .command("recover")
  .description(
    "after a run that was killed: take what it has made into the state, so that the next one goes on from there",
  )
  .option("--stack <name>", "a stack on AWS, with the credentials of the environment (default: the local cluster)")
  .option("--made <urn=id...>", "what a creation has made, where it cannot be told, or none", pairs, {})
  .option(
    "--wait <seconds>",
    `how long AWS may take to tell of what it has just made (default: ${SETTLE_SECONDS} on AWS)`,
    seconds,
  )
  .action(async (options: { stack?: string; made: Record<string, string>; wait?: number }) => {
    const { stack, made: given, wait: settleSeconds = stack ? SETTLE_SECONDS : 0 } = options;
    const of = stack ? { engine: { stack, cwd: repository } } : await openRecovery();
    const interrupted = await recover(of, { settleSeconds, given }, console.log);
    console.log(interrupted ? "the next update can go on from there" : "nothing was interrupted");
  });

function seconds(text: string): number {
  if (text.trim() === "" || !(Number(text) >= 0)) throw new InvalidArgumentError("it has to be a number of seconds");
  return Number(text);
}

/** Adds one `URN=ID`. */
function pairs(text: string, others: Record<string, string>): Record<string, string> {
  const at = text.lastIndexOf("=");
  if (at < 0) throw new InvalidArgumentError("it has to be URN=ID");
  return { ...others, [text.slice(0, at)]: text.slice(at + 1) };
}

program.parseAsync().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
