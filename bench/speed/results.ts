/** Which results are kept, and in which order. */
import type { Result } from "./row";

/**
 * The results with those of one benchmark in place of what it measured before.
 *
 * @param rows the names of all benchmarks, in the order in which their results are kept
 */
export function replaceRow(
  results: readonly Result[],
  row: string,
  measured: readonly Result[],
  rows: string[],
): Result[] {
  const others = results.filter(({ name }) => rowOf(name) !== row);
  const place = (result: Result) => rows.indexOf(rowOf(result.name));
  // A sort is stable: results of one benchmark stay as they were.
  return [...others, ...measured].filter((result) => place(result) >= 0).sort((a, b) => place(a) - place(b));
}

/** The benchmark that a result is of: the first word of its name, or all of it. */
export const rowOf = (name: string): string => name.split(":")[0];
