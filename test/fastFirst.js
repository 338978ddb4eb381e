const Sequencer = require("@jest/test-sequencer").default;

const fs = require("node:fs");

const order = ["unit", "program", "cluster"];

/** Files of the cluster whose configuration changes come after those of the guide's: the two cannot run at once, and each takes a minute to start. */
const isOfDayTwo = (test) => fs.readFileSync(test.path, "utf8").includes('from "./deployment"');

/** Fast tests first: a mistake that a unit test sees is told before any host has booted. */
module.exports = class FastFirst extends Sequencer {
  sort(tests) {
    const rank = (test) => order.indexOf(test.context.config.displayName?.name);
    return [...tests].sort(
      (a, b) => rank(a) - rank(b) || isOfDayTwo(a) - isOfDayTwo(b) || a.path.localeCompare(b.path),
    );
  }
};
