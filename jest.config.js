const transform = { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022" }, module: { type: "commonjs" } }] };
const project = (displayName) => ({
  displayName,
  testMatch: [`<rootDir>/test/${displayName}/**/*.test.ts`],
  testEnvironment: "node",
  transform,
});

module.exports = {
  projects: [project("unit"), project("program"), project("cluster")],
  testSequencer: "<rootDir>/test/fastFirst.js",
  reporters: ["default", "<rootDir>/test/summaryReporter.js"],
  // The cluster tests share the machine's two cores with the hosts that they boot: one file at a time.
  maxWorkers: 1,
};
