/** The rows as a person reads them: at a terminal, and in the README. */
import Table from "cli-table3";
import { markdownTable } from "../readme";
import type { Fault } from "./fault";
import type { Row } from "./rows";

const seconds = (milliseconds: number) => (milliseconds < 100 ? "< 0.1 s" : `${(milliseconds / 1000).toFixed(1)} s`);

const figures = ({ detectedMs, restoredMs, requestsFailed, lost, hands }: Row) => [
  detectedMs === null ? "not" : seconds(detectedMs),
  restoredMs === null ? "never" : restoredMs === 0 ? "nobody was disturbed" : seconds(restoredMs),
  ...[requestsFailed, lost, hands].map(String),
];

const HEAD = ["noticed after", "restored after", "requests failed", "writes lost", "hands"];

export function renderRows(rows: Row[]): string {
  const table = new Table({ head: ["fault", "survived", ...HEAD], style: { head: [], border: [], compact: true } });
  for (const row of rows) table.push([row.fault, row.survived ? "yes" : "NO", ...figures(row)]);
  return table.toString();
}

type Told = Pick<Fault, "name" | "what" | "noticed" | "restoredFrom">;

/** As Markdown, with what was done in words. */
export function renderMarkdown(rows: Row[], faults: Told[]): string {
  const lines = rows.map((row) => {
    const fault = faults.find(({ name }) => name === row.fault);
    const [detected, restored, ...others] = figures(row);
    const from = fault?.restoredFrom === "end" && row.restoredMs ? " from its end" : "";
    const cells = [row.fault, fault?.what ?? "", row.survived ? "yes" : "**no**", `${detected}: ${fault?.noticed}`];
    return [...cells, `${restored}${from}`, ...others];
  });
  return markdownTable(["fault", "what is done", "survived", "noticed after", ...HEAD.slice(1)], lines);
}
