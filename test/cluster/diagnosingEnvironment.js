const { execFileSync } = require("node:child_process");
const path = require("node:path");
const { TestEnvironment } = require("jest-environment-node");

/** Prints what an operator would look at when the first test of a file fails, while the cluster is as the failure left it. */
module.exports = class DiagnosingEnvironment extends TestEnvironment {
  diagnosed = false;

  handleTestEvent(event) {
    if (this.diagnosed || !["test_fn_failure", "hook_failure"].includes(event.name)) return;
    this.diagnosed = true;
    const repository = path.resolve(__dirname, "../..");
    const options = { cwd: repository, timeout: 60_000, encoding: "utf8", maxBuffer: 2 ** 26 };
    process.stderr.write(`\nA test failed. The cluster's state:\n${diagnose(options)}\n`);
  }
};

function diagnose(options) {
  try {
    return execFileSync("npm", ["run", "--silent", "diagnose"], options);
  } catch (error) {
    return `${error.message}\n${error.stdout ?? ""}`;
  }
}
