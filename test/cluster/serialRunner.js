const Runner = require("jest-runner").default;

/** Files of the cluster share this machine's two cores, and most of them one cluster, with the hosts that they boot: one at a time. */
module.exports = class SerialRunner extends Runner {
  isSerial = true;
};
