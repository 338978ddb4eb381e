// @ts-check
"use strict";

/**
 * The realm directory: which sync worker group holds which realm. There must never be two in a cluster, so that its
 * unit runs it under a lock in Consul, and it serves only while that is proven to be held. Keeps nothing: its realm is on
 * the sync master of `default`. Runs on Node.js 8.
 */
const { BasicServer, HealthService, RealmDirectoryService } = require("realm-object-server");
const { Lease } = require("./lease");
const { member, run } = require("./member");

run(async () => {
  const config = member();
  const lease = new Lease(config);
  await lease.start();
  // BasicServer gives up after a time without it and leaves its registrations behind: wait while there is nothing to
  // leave.
  config.logger.info("waiting for a sync master of the label default, which has the directory's realm");
  await config.discovery.waitForService("sync", ["role=master", "label=default"]);
  const server = new BasicServer();
  await server.start(Object.assign(config, { services: [new RealmDirectoryService(), new HealthService()] }));
  lease.guard(server["httpServer"]);
});
