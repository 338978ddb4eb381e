/** Results for a person at a terminal, and for the README. */
import Table from "cli-table3";
import { markdownTable } from "../readme";
import type { Result } from "./row";

const HEAD = ["What", "Value", "Aim", "Holds", "Measured from"];

export function renderTable(results: readonly Result[]): string {
  const table = new Table({
    head: HEAD,
    style: { head: [], border: [] },
    colWidths: [46, null, null, null, 60],
    wordWrap: true,
  });
  table.push(...results.map(cells));
  return table.toString();
}

/** The same in Markdown. */
export const renderMarkdown = (results: readonly Result[]): string => markdownTable(HEAD, results.map(cells));

function cells({ name, value, unit, aim, holds, context }: Result): string[] {
  const from = Object.entries(context).map(([what, it]) => `${what}: ${it}`);
  return [name, `${value} ${unit}`, aim ?? "", holds === null ? "" : holds ? "yes" : "NO", from.join("; ")];
}
