const Sequencer = require("@jest/test-sequencer").default;

const order = ["unit", "program", "cluster"];

/** Fast tests first: a mistake that a unit test sees is told before any host has booted. */
module.exports = class FastFirst extends Sequencer {
  sort(tests) {
    const rank = (test) => order.indexOf(test.context.config.displayName?.name);
    return [...tests].sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path));
  }
};
