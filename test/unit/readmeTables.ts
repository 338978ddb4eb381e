/** Tables of what was measured, without what prettier makes of their looks. */
import { readFileSync } from "node:fs";
import { README, type Writer, tableIn } from "../../bench/readme";

/** The lines of a table in Markdown, each as its cells. */
export function cells(table: string): string[][] {
  const lines = table.split("\n").map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
  // The second is a rule as long as the table is wide.
  return lines.filter((_, index) => index !== 1);
}

/** The same of one that the README shows. */
export const shown = (writer: Writer): string[][] => cells(tableIn(readFileSync(README, "utf8"), writer));
