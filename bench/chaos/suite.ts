/** Faults one after another on one cluster, each on a cluster that is whole. */
import type { Report } from "../../local/cluster/report";
import { stop } from "../../local/cluster/stop";
import { ensureTestPackages } from "../../local/tools";
import { type Deployment, dayTwo, deployed } from "../../test/cluster/deployment";
import { ConsulWriter } from "./consulWriter";
import type { Fault } from "./fault";
import { untilWhole } from "./health";
import { RealmWriter } from "./realmWriter";
import type { Row } from "./rows";
import { trial } from "./trial";
import type { Writers } from "./watch";

const WHOLE_WITHIN_SECONDS = 120;

/** A cluster, and what was written to it. */
interface Arena {
  cluster: Deployment;
  writers: Writers;
}

/**
 * @param onRow told of each fault as it has been measured
 * @returns the names of those that could not be measured
 */
export async function runSuite(faults: Fault[], report: Report, onRow: (row: Row) => Promise<void>): Promise<string[]> {
  const untried: string[] = [];
  await ensureTestPackages(report);
  let arena = await whole(await begin(), report);
  for (const fault of faults) {
    try {
      const row = await trial(fault, arena.cluster, arena.writers, report);
      if (row.hands > 0) ({ arena, hands: row.hands } = await mend(arena, report));
      await onRow(row);
    } catch (error) {
      report(`${fault.name} could not be measured: ${(error as Error).stack}`);
      untried.push(fault.name);
      arena = await whole(arena, report);
    }
  }
  return untried;
}

async function begin(): Promise<Arena> {
  const cluster = await deployed(dayTwo);
  return { cluster, writers: { consul: new ConsulWriter(), realm: new RealmWriter(cluster) } };
}

/** The cluster as soon as it is whole; another one where it does not become so. */
async function whole(arena: Arena, report: Report): Promise<Arena> {
  const wrong = await untilWhole(arena.cluster, WHOLE_WITHIN_SECONDS);
  if (wrong.length === 0) return arena;
  report(`the cluster is not whole, and is made anew: ${wrong.join("; ")}`);
  return anew(report);
}

async function anew(report: Report): Promise<Arena> {
  await stop(report);
  return begin();
}

/** Makes a cluster whole that has not become so by itself, as an operator would, who has to try something else where that does not do. */
async function mend(arena: Arena, report: Report): Promise<{ arena: Arena; hands: number }> {
  report("mending it by pulumi up --refresh");
  const { ok, output } = await arena.cluster.upRefreshed();
  const wrong = ok ? await untilWhole(arena.cluster, WHOLE_WITHIN_SECONDS) : [output];
  if (wrong.length === 0) return { arena, hands: 1 };
  report(`it is not mended, and is made anew: ${wrong.join("; ")}`);
  return { arena: await anew(report), hands: 2 };
}
