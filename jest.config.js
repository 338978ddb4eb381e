// The tests' cluster has a name and a state of its own, beside an operator's on the same machine.
const name = process.env.REALM_CLUSTER_TEST ?? "rtest";
process.env.REALM_CLUSTER_NAME = name;
process.env.REALM_CLUSTER_STATE = `/var/lib/realm-cluster-${name}`;

// As in local/cli.ts: the AWS SDK announces its next minimum of Node at every start.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

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
      runner: "<rootDir>/test/cluster/serialRunner.js",
      testEnvironment: "<rootDir>/test/cluster/diagnosingEnvironment.js",
      globalTeardown: "<rootDir>/test/cluster/stopLocalCluster.ts",
    }),
  ],
  globalSetup: "<rootDir>/test/buildTools.ts",
  testSequencer: "<rootDir>/test/fastFirst.js",
  reporters: ["default", "<rootDir>/test/summaryReporter.js"],
  maxWorkers: 2,
};
