import { createCgroup, moveInto } from "./cgroup";
import { removeRemains } from "./clean";
import { LocalAws } from "./daemon";
import { cgroupsOf, type AwsOptions } from "./options";

/** The process of a local AWS. Its options are the one argument, as JSON; its log is its standard output. */

const options = JSON.parse(process.argv[2]) as AwsOptions;
const log = (line: string) => process.stdout.write(`${new Date().toISOString()} ${line}\n`);

async function main(): Promise<void> {
  const { services } = cgroupsOf(options.name);
  createCgroup(services);
  moveInto(services, process.pid);
  const aws = new LocalAws(options, log);
  const end = async (signal: string) => {
    log(`${signal}: stopping`);
    await aws.stop();
    await removeRemains(options);
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => end(signal).catch(fail));
  const running = await aws.start();
  // To whoever started it, and may be gone by then.
  process.send?.({ running }, () => process.disconnect?.());
}

function fail(error: Error): void {
  log(`fatal: ${error.stack ?? error.message}`);
  if (!process.connected) process.exit(1);
  process.send?.({ error: error.message }, () => process.exit(1));
}

process.on("unhandledRejection", (error) => log(`unhandled rejection: ${(error as Error).stack ?? String(error)}`));
main().catch(fail);
