const Sequencer = require("@jest/test-sequencer").default;

const fs = require("node:fs");

const order = ["unit", "program", "cluster"];

/** Files of the cluster whose configuration changes come after those of the guide's: the two cannot run at once, and each takes a minute to start. */
const isOfDayTwo = (test) => fs.readFileSync(test.path, "utf8").includes('from "./deployment"');

/**
 * Fast tests first: a mistake that a unit test sees is told before any host has booted. Where two files run at once, the longest first, as
 * Jest has it: the last one would run alone.
 */
module.exports = class FastFirst extends Sequencer {
  sort(tests) {
    const rank = (test) => order.indexOf(test.context.config.displayName?.name);
    const inCluster = (test) => rank(test) === order.indexOf("cluster");
    const oneByOne = tests
      .filter(inCluster)
      .sort((a, b) => isOfDayTwo(a) - isOfDayTwo(b) || a.path.localeCompare(b.path));
    const twoAtOnce = super.sort(tests.filter((test) => !inCluster(test))).sort((a, b) => rank(a) - rank(b));
    return [...twoAtOnce, ...oneByOne];
  }
};
