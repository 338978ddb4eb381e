/** A benchmark and what it measures. */

/** What is wanted of a value. */
export type Aim = { atMost: number } | { atLeast: number };

/** One measured value, before it is judged. */
export interface Measure {
  name: string;
  value: number;
  /** Of the value: `s`, `MiB`, `times` for a ratio. */
  unit: string;
  /** Left out where a value is only told. */
  aim?: Aim;
  /** What it was taken from, by what it is, with units: `{ floor: "1.9 s" }`. */
  context?: Record<string, string | number>;
}

/** A line of `bench/results.json`. */
export interface Result {
  name: string;
  value: number;
  unit: string;
  /** In words, or null where there is none. */
  aim: string | null;
  /** Whether the aim is reached. */
  holds: boolean | null;
  context: Record<string, string | number>;
}

/** Tells how far a benchmark is. */
export type Progress = (line: string) => void;

/** One benchmark: what it measures belongs together, and is measured in one run. */
export interface Row {
  /** What it is called on the command line; the names of what it measures begin with it. */
  name: string;
  /** What it measures, in a line. */
  about: string;
  /** Whether it boots hosts. */
  onHosts: boolean;
  measure(progress: Progress, signal: AbortSignal): Promise<Measure[]>;
}

/** Judges a value by its aim. */
export function judge({ name, value, unit, aim, context = {} }: Measure): Result {
  const rounded = round(value);
  if (aim === undefined) return { name, value: rounded, unit, aim: null, holds: null, context };
  const [words, holds] =
    "atMost" in aim
      ? [`at most ${aim.atMost}`, value <= aim.atMost]
      : [`at least ${aim.atLeast}`, value >= aim.atLeast];
  return { name, value: rounded, unit, aim: words, holds, context };
}

/** Three digits say all that a measurement here can; a count is exact. */
export function round(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(3));
}

/** The middle one, or between the two middle ones. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error("there is no median of nothing");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A time for a person. */
export const seconds = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} s`;

/** How long an action takes, in seconds, and what it comes to. */
export async function timed<T>(action: () => Promise<T>): Promise<{ seconds: number; result: T }> {
  const began = performance.now();
  const result = await action();
  return { seconds: (performance.now() - began) / 1000, result };
}
