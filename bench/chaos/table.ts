/** The rows as a person reads them: at a terminal, and in the README. */
import { readFileSync, writeFileSync } from "node:fs";
import Table from "cli-table3";
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
    const cells = [row.fault, fault?.what, row.survived ? "yes" : "**no**", `${detected}: ${fault?.noticed}`];
    return [...cells, `${restored}${from}`, ...others];
  });
  const head = ["fault", "what is done", "survived", "noticed after", ...HEAD.slice(1)];
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const BEGIN = "<!-- faults: written by npm run chaos -->";
const END = "<!-- /faults -->";

/** A text with this between its marks. */
export function withTable(text: string, table: string): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`there is no place for the table: ${BEGIN} and ${END}`);
  return `${text.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${text.slice(end)}`;
}

/** What a file is with the table of these rows in it. */
export async function withRows(file: string, rows: Row[], faults: Told[]): Promise<string> {
  const { format, resolveConfig } = await import("prettier");
  const text = withTable(readFileSync(file, "utf8"), renderMarkdown(rows, faults));
  return format(text, { ...(await resolveConfig(file)), parser: "markdown" });
}

export async function writeTable(file: string, rows: Row[], faults: Told[]): Promise<void> {
  writeFileSync(file, await withRows(file, rows, faults));
}
