/**
 * A `describe` of tests that not every machine can run. Where one cannot they are skipped, and their name says why; but with `ALL_TESTS=1`, as CI
 * sets, nothing may be skipped, and it is a failure.
 *
 * @param missing what the machine lacks, in a line; undefined where it lacks nothing
 */
export function describeUnless(missing: string | undefined, name: string, tests: () => void): void {
  if (missing === undefined) return describe(name, tests);
  if (process.env.ALL_TESTS === "1") throw new Error(`${name} has to be tested here: ${missing}`);
  describe.skip(`${name} (skipped: ${missing})`, tests);
}
