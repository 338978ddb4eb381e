/** `npm run bench`: measures, prints a table, keeps the results as data and draws them. */
import "./ownCluster";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Argument, Command } from "commander";
import { type Report, elapsedReport } from "../../local/cluster/report";
import { stop } from "../../local/cluster/stop";
import { missingRequirement } from "../../local/tools/requirements";
import { readKept, writeKept } from "../kept";
import { showTable } from "../readme";
import { endBenchCluster } from "./benchCluster";
import { drawResults } from "./drawing";
import { replaceRow } from "./results";
import { type Result, type Row, judge } from "./row";
import { rows } from "./rows";
import { renderMarkdown, renderTable } from "./table";

const FILE = join(__dirname, "../results.json");
const DRAWING = join(__dirname, "../results.svg");

const names = rows.map(({ name }) => name);
const list = rows.map(({ name, about }) => `  ${name.padEnd(14)} ${about}`).join("\n");

const program = new Command("bench")
  .description(
    "Measures how fast the cluster and its program are, on this machine, and keeps the results in bench/results.json and the README.",
  )
  .addArgument(new Argument("[row...]", "the benchmarks to run").choices(names).default([], "all of them"))
  .addHelpText("after", `\nBenchmarks:\n${list}\n\nIts cluster is its own (rbench), and ends with it.`)
  .action((wanted: string[]) => bench(rows.filter(({ name }) => wanted.length === 0 || wanted.includes(name))));

async function bench(chosen: Row[]): Promise<void> {
  const missing = missingRequirement();
  if (missing) throw new Error(missing);
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));
  }
  const report = elapsedReport();
  const failed: string[] = [];
  try {
    for (const row of chosen) {
      interrupted.signal.throwIfAborted();
      report(`${row.name}: ${row.about}`);
      try {
        await run(row, report, interrupted.signal);
      } catch (error) {
        interrupted.signal.throwIfAborted();
        // The others can be measured all the same: on another cluster, as nobody knows what this one is left in.
        report(`${row.name} could not be measured: ${(error as Error).message}`);
        failed.push(row.name);
        if (row.onHosts) await endBenchCluster();
      }
    }
  } finally {
    if (chosen.some(({ onHosts }) => onHosts)) await stop(report);
  }
  console.log(renderTable(readKept<Result>(FILE)));
  if (failed.length > 0) throw new Error(`not measured: ${failed.join(", ")}`);
}

/** Measures, and keeps what came of it. */
async function run(row: Row, report: Report, signal: AbortSignal): Promise<void> {
  const measured = (await row.measure((line) => report(`${row.name}: ${line}`), signal)).map(judge);
  const results = replaceRow(readKept<Result>(FILE), row.name, measured, names);
  writeKept(FILE, results);
  writeFileSync(DRAWING, drawResults(results));
  await showTable("bench", renderMarkdown(results));
  console.log(renderTable(measured));
}

program.parseAsync().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
