// The tests' cluster has a name and a state of its own, beside an operator's on the same machine.
const name = process.env.REALM_CLUSTER_TEST ?? "rtest";
process.env.REALM_CLUSTER_NAME = name;
process.env.REALM_CLUSTER_STATE = `/var/lib/realm-cluster-${name}`;

const project = (displayName, options = {}) => ({
  displayName,
  testMatch: [`<rootDir>/test/${displayName}/**/*.test.ts`],
  testEnvironment: "node",
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022" }, module: { type: "commonjs" } }] },
  ...options,
});

module.exports = {
  projects: [
    project("unit"),
    project("program"),
    project("cluster", {
      testEnvironment: "<rootDir>/test/cluster/diagnosingEnvironment.js",
      globalTeardown: "<rootDir>/test/cluster/stopLocalCluster.ts",
    }),
  ],
  testSequencer: "<rootDir>/test/fastFirst.js",
  reporters: ["default", "<rootDir>/test/summaryReporter.js"],
  // The cluster tests share the machine's two cores with the hosts that they boot: one file at a time.
  maxWorkers: 1,
};
