/**
 * The last line of a run, alike for every runner: `N passed, N failed`. A test file that could not run counts as failed.
 * Jest prints its own summary after all reporters, so this waits for the end of the process.
 */
module.exports = class SummaryReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests ? `, ${results.numPendingTests} skipped` : "";
    process.once("exit", () =>
      process.stdout.write(`\n${results.numPassedTests} passed, ${failed} failed${skipped}\n`),
    );
  }
};
