/**
 * Loaded into the program's process before all else. Node 20 loops until it is out of memory, a minute or so, when it is to show
 * in colours an error with a line such as `at f (/x/node_modules/@pulumi/resource.ts:1:1)`; the SDK shows every error of a program
 * that way, and its source maps make that line. Without colours Node does not look at the line.
 */
const util = require("util");

const inspect = util.inspect;
const plain = (value, options, ...others) =>
  inspect(value, typeof options === "object" && options !== null ? { ...options, colors: false } : options, ...others);

if (Number(process.versions.node.split(".")[0]) < 22) util.inspect = Object.assign(plain, inspect);
