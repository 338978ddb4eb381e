/** `npm run chaos`: breaks a cluster on this machine in all the ways that it has to survive, and measures what that costs. */
import "./ownCluster";
import * as path from "node:path";
import { Command } from "commander";
import { repository } from "../../local/cluster/paths";
import { elapsedReport } from "../../local/cluster/report";
import { stop } from "../../local/cluster/stop";
import { missingRequirement } from "../../local/tools/requirements";
import { readKept, writeKept } from "../kept";
import { showTable } from "../readme";
import { faults } from "./faults";
import { type Row, withRow } from "./rows";
import { runSuite } from "./suite";
import { renderMarkdown, renderRows } from "./table";

const ROWS = path.join(repository, "bench/faults.json");

const report = elapsedReport(console.error);

const program = new Command("chaos")
  .description(
    "Breaks a cluster of its own on this machine, fault by fault, under clients and writers that never rest. Each row goes into bench/faults.json and the README as soon as it is measured.",
  )
  .argument("[faults...]", "the faults to try (default: all)")
  .option("--list", "say which faults there are, and try none")
  .option("--keep", "leave the cluster running, for the next run")
  .action(async (names: string[], { list, keep }: { list?: boolean; keep?: boolean }) => {
    if (list) return faults.forEach(({ name, what }) => console.log(`${name.padEnd(28)}${what}`));
    const missing = missingRequirement();
    if (missing) throw new Error(missing);
    const chosen = choose(names);
    endOnSignals();
    try {
      const untried = await runSuite(chosen, report, async (row) => {
        const rows = withRow(
          readKept<Row>(ROWS),
          row,
          faults.map(({ name }) => name),
        );
        writeKept(ROWS, rows);
        await showTable("chaos", renderMarkdown(rows, faults));
        report(`${row.fault}: ${row.survived ? "survived" : "NOT survived"} ${JSON.stringify(row)}`);
      });
      console.log(renderRows(readKept<Row>(ROWS).filter(({ fault }) => chosen.some(({ name }) => name === fault))));
      if (untried.length > 0) throw new Error(`not measured: ${untried.join(", ")}`);
    } finally {
      if (!keep) await stop(report);
    }
  });

function choose(names: string[]) {
  const unknown = names.filter((name) => !faults.some((fault) => fault.name === name));
  if (unknown.length > 0) throw new Error(`there is no fault ${unknown.join(", ")}: npm run chaos -- --list`);
  return faults.filter(({ name }) => names.length === 0 || names.includes(name));
}

/** What has been measured is written already; the cluster may be broken, and is ended. */
function endOnSignals(): void {
  let ending: Promise<void> | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    // npm and tsx pass on what a terminal has sent to all: the second one must not end this before it is done.
    process.on(signal, () => {
      ending ??= stop(report).finally(() => process.exit(1));
    });
  }
}

program.parseAsync().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
