// @ts-check
"use strict";

/**
 * What makes a process a member of the cluster, alike for the three apps: its settings, its discovery, and the
 * configuration that its server shares with all the others. Runs on Node.js 8.
 *
 * Environment: CONSUL_HOST and CONSUL_PORT (the agent of this host), ROS_ADDRESS (what others reach this host by),
 * ROS_PORT, ROS_DATA_PATH, ROS_LOG_LEVEL, and CREDENTIALS_DIRECTORY with the files auth-key, auth-pub and
 * feature-token. Exit status: 78 when one of these is missing; 1 when the server cannot start.
 */
const fs = require("fs");
const path = require("path");
const { ConsoleLogger, stats } = require("realm-object-server");
const { ConsulDiscovery } = require("realm-object-server-enterprise");

/** sysexits.h: what is configured is not enough. */
const EX_CONFIG = 78;

/** @param {string} reason @param {number} status @returns {never} */
function fatal(reason, status) {
  console.error(`fatal: ${reason}`);
  return process.exit(status);
}

/** @param {string} name */
function setting(name) {
  return process.env[name] || fatal(`the environment variable ${name} is not set`, EX_CONFIG);
}

/** @param {string} name @returns {string} the path of a credential that systemd passes. */
function credential(name) {
  const file = path.join(setting("CREDENTIALS_DIRECTORY"), name);
  return fs.existsSync(file) ? file : fatal(`the credential ${name} is missing: there is no ${file}`, EX_CONFIG);
}

/** @param {string} name @returns {string} what is in a credential. */
function secret(name) {
  return fs.readFileSync(credential(name), "utf8").trim() || fatal(`the credential ${name} is empty`, EX_CONFIG);
}

/** The configuration that the servers of all members share. */
function member() {
  const logLevel = setting("ROS_LOG_LEVEL");
  const logger = new ConsoleLogger(logLevel);
  return {
    logger,
    logLevel,
    privateKeyPath: credential("auth-key"),
    publicKeyPath: credential("auth-pub"),
    // A missing key must stop the node: a key of its own would shut it out of the cluster.
    autoKeyGen: false,
    // The admin token is minted where the cluster is planned; a copy on each disk is one too many.
    writeAdminTokenToJson: false,
    featureToken: secret("feature-token"),
    dataPath: setting("ROS_DATA_PATH"),
    address: "0.0.0.0",
    port: setting("ROS_PORT"),
    discovery: new ConsulDiscovery({
      consulHost: setting("CONSUL_HOST"),
      consulPort: Number(setting("CONSUL_PORT")),
      advertiseAddress: setting("ROS_ADDRESS"),
      logger,
    }),
    statsSink: new stats.PrometheusStatsSink(),
    statsStorage: new stats.NullStatsStorage(),
  };
}

/** @param {() => Promise<void>} main Runs an app; what it throws ends the process. */
function run(main) {
  main().catch((error) => fatal(error.stack, 1));
}

module.exports = { EX_CONFIG, fatal, member, run, secret, setting };
