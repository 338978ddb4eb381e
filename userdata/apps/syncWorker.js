// @ts-check
"use strict";

/**
 * A Realm sync worker: stores realms, serves them to sync clients, and replicates them in its group. Runs on Node.js 8.
 *
 * Environment, besides that of every member: SYNC_LABEL (the group), SYNC_ID (unique in it, the same for the life of
 * its data), SYNC_ADDRESS.
 */
const fs = require("fs");
const path = require("path");
const { BasicServer, HealthService, LogService } = require("realm-object-server");
const { MetricsService, ReplicatedSyncService } = require("realm-object-server-enterprise");
const { member, run, setting } = require("./member");

const SYNC_PORT = 7800;

/**
 * Notes beside the data whether this worker was the master when it last knew: a snapshot of the volume then tells whoever restores
 * it whether all data was there.
 *
 * @param {ReturnType<typeof member>} config
 */
function noteRole({ discovery, dataPath }) {
  const master = discovery.watchService("sync", ["role=master", `label=${setting("SYNC_LABEL")}`]);
  master.on("available", ({ address }) => {
    fs.writeFileSync(path.join(dataPath, "role"), address === setting("SYNC_ADDRESS") ? "master" : "copy");
  });
}

run(async () => {
  const config = member();
  noteRole(config);
  const sync = new ReplicatedSyncService({
    consul: config.discovery.consul,
    dataPath: path.join(config.dataPath, "sync"),
    featureToken: config.featureToken,
    id: setting("SYNC_ID"),
    label: setting("SYNC_LABEL"),
    listenAddress: setting("SYNC_ADDRESS"),
    listenPort: SYNC_PORT,
    logLevel: config.logLevel,
    publicKeyPath: config.publicKeyPath,
  });
  await new BasicServer().start(
    Object.assign(config, {
      // The list of revoked tokens is a realm on the master of `default`. A worker must start before there is one.
      disableTokenRevocation: true,
      services: [new LogService(), new HealthService(), new MetricsService(), sync],
    }),
  );
});
