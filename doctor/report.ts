import Table from "cli-table3";
import type { Facts } from "./facts";
import type { Verdict } from "./judge/verdict";

/** What the doctor says, as one object: what `--json` prints, kept stable for those who read it. */
export interface Report {
  stack: string;
  /** When it was asked, in ISO 8601. */
  at: string;
  healthy: boolean;
  checks: Verdict[];
}

/**
 * @throws when not one host answered: nothing is known then of any
 */
export function reportOf({ stack, at, hosts }: Facts, checks: Verdict[]): Report {
  const reasons = hosts.flatMap(({ probe }) => (probe.ok ? [] : [probe.reason]));
  if (reasons.length === hosts.length) {
    throw new Error(`no host of the stack ${stack} answers: ${reasons[0] ?? "it has none"}`);
  }
  const healthy = checks.every(({ findings }) => findings.length === 0);
  return { stack, at: at.toISOString(), healthy, checks };
}

/** So that the table fits into a terminal of a hundred columns. */
const FOUND_COLUMNS = 66;

/** A table of all checks, then what is wrong, each with why it matters and what to do. */
export function renderReport({ stack, healthy, checks }: Report): string {
  const table = new Table({
    head: ["Check", "Found", ""],
    style: { head: [], border: [], compact: true },
    colWidths: [null, FOUND_COLUMNS, null],
    wordWrap: true,
  });
  for (const { check, found, findings } of checks) table.push([check, found, findings.length === 0 ? "ok" : "WRONG"]);
  const findings = checks.flatMap((verdict) => verdict.findings);
  const told = findings.flatMap(({ where, what, why, action }) => [
    "",
    `${where}: ${what}`,
    `  why   ${why}`,
    `  do    ${action}`,
  ]);
  const summary = healthy ? `The cluster ${stack} is healthy.` : `The cluster ${stack} is NOT healthy:`;
  return [table.toString(), "", summary, ...told].join("\n");
}
