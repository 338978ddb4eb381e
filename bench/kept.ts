/** What was measured, kept as data: a list in a JSON file. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

/** None where the file is not there yet. */
export function readKept<T>(file: string): T[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as T[]) : [];
}

/** At once or not at all, whenever the run is ended. */
export function writeKept<T>(file: string, rows: readonly T[]): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(rows, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}
