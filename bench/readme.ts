/** The tables that the README shows of what was measured, each between two marks. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const README = join(__dirname, "../README.md");

/** Whose table it is: it is written by `npm run NAME`. */
export type Writer = "chaos" | "bench";

const begin = (writer: Writer) => `<!-- written by npm run ${writer} -->`;
const end = (writer: Writer) => `<!-- /${writer} -->`;

/** A table in Markdown. */
export function markdownTable(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [head, head.map(() => "---"), ...lines].map(line).join("\n");
}

/** Where a text's table begins and ends. */
function place(text: string, writer: Writer): [number, number] {
  const [from, to] = [text.indexOf(begin(writer)), text.indexOf(end(writer))];
  if (from < 0 || to < from) throw new Error(`there is no place for the table: ${begin(writer)} and ${end(writer)}`);
  return [from + begin(writer).length, to];
}

/** A text's table. */
export function tableIn(text: string, writer: Writer): string {
  return text.slice(...place(text, writer)).trim();
}

/** A text with this in place of its table. */
export function withTable(text: string, writer: Writer, table: string): string {
  const [from, to] = place(text, writer);
  return `${text.slice(0, from)}\n\n${table}\n\n${text.slice(to)}`;
}

/** Has the README show it. */
export async function showTable(writer: Writer, table: string): Promise<void> {
  const { format, resolveConfig } = await import("prettier");
  const text = withTable(readFileSync(README, "utf8"), writer, table);
  writeFileSync(README, await format(text, { ...(await resolveConfig(README)), parser: "markdown" }));
}
