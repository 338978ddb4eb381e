// @ts-check
"use strict";

/**
 * A Realm sync worker: stores realms, serves them to sync clients, and replicates them in its group. Runs on Node.js 8.
 *
 * Environment: CONSUL_HOST and CONSUL_PORT (the agent of this host), ROS_ADDRESS (what others reach this host by),
 * ROS_PORT, ROS_DATA_PATH, ROS_LOG_LEVEL, SYNC_LABEL (the group), SYNC_ID (unique in it, the same for the life of its
 * data), SYNC_ADDRESS, and CREDENTIALS_DIRECTORY with the files auth-key, auth-pub and feature-token. Exit status: 78
 * when one of these is missing; 1 when the server cannot start.
 */
const fs = require("fs");
const path = require("path");
const { BasicServer, ConsoleLogger, HealthService, LogService, stats } = require("realm-object-server");
const { ConsulDiscovery, MetricsService, ReplicatedSyncService } = require("realm-object-server-enterprise");

const EX_CONFIG = 78;
const SYNC_PORT = 7800;

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

async function main() {
  const logLevel = setting("ROS_LOG_LEVEL");
  const logger = new ConsoleLogger(logLevel);
  const privateKeyPath = credential("auth-key");
  const publicKeyPath = credential("auth-pub");
  const featureToken = fs.readFileSync(credential("feature-token"), "utf8").trim();
  const dataPath = setting("ROS_DATA_PATH");
  const discovery = new ConsulDiscovery({
    consulHost: setting("CONSUL_HOST"),
    consulPort: Number(setting("CONSUL_PORT")),
    advertiseAddress: setting("ROS_ADDRESS"),
    logger,
  });

  const server = new BasicServer();
  await server.start({
    discovery,
    logger,
    logLevel,
    dataPath,
    address: "0.0.0.0",
    port: setting("ROS_PORT"),
    privateKeyPath,
    publicKeyPath,
    featureToken,
    // A missing key must stop the node: a key of its own would shut it out of the cluster.
    autoKeyGen: false,
    // The admin token is minted where the cluster is planned; a copy on each disk is one too many.
    writeAdminTokenToJson: false,
    // The list of revoked tokens is a realm on the master of `default`. A worker must start before there is one.
    disableTokenRevocation: true,
    statsSink: new stats.PrometheusStatsSink(),
    statsStorage: new stats.NullStatsStorage(),
    services: [
      new LogService(),
      new HealthService(),
      new MetricsService(),
      new ReplicatedSyncService({
        consul: discovery.consul,
        dataPath: path.join(dataPath, "sync"),
        featureToken,
        id: setting("SYNC_ID"),
        label: setting("SYNC_LABEL"),
        listenAddress: setting("SYNC_ADDRESS"),
        listenPort: SYNC_PORT,
        logLevel,
        publicKeyPath,
      }),
    ],
  });
}

main().catch((error) => fatal(error.stack, 1));
