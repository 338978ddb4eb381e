const transform = { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022" }, module: { type: "commonjs" } }] };
const project = (displayName, options = {}) => ({
  displayName,
  testMatch: [`<rootDir>/test/${displayName}/**/*.test.ts`],
  testEnvironment: "node",
  transform,
  ...options,
});

/** Fast ones first: unit and program need nothing; cluster needs Linux and root, and says so. */
module.exports = {
  projects: [project("unit"), project("program"), project("cluster")],
  maxWorkers: 2,
};
