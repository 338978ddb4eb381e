// @ts-check
"use strict";

/**
 * The realm directory: which sync worker group holds which realm. There must never be two in a cluster, so that its
 * unit runs it under a lock in Consul, and it serves only while that is proven to be held. Keeps nothing: its realm is on
 * the sync master of `default`. Runs on Node.js 8.
 */
const { BasicServer, HealthService, RealmDirectoryService } = require("realm-object-server");
const { leaveGracefully } = require("./leave");
const { Lease } = require("./lease");
const { member, run } = require("./member");

/** How long requests may take to end: `consul lock` kills this process 5 s after SIGTERM. */
const LEAVE_MS = 3 * 1000;

run(async () => {
  const config = member();
  const lease = new Lease(config);
  await lease.start();
  // BasicServer gives up after a time without it and leaves its registrations behind: wait while there is nothing to
  // leave.
  config.logger.info("waiting for a sync master of the label default");
  await config.discovery.waitForService("sync", ["role=master", "label=default"]);
  const server = new BasicServer();
  await server.start(Object.assign(config, { services: [new RealmDirectoryService(), new HealthService()] }));
  const http = server["httpServer"];
  lease.guard(http);
  leaveGracefully(server, LEAVE_MS);
  // Whoever is refused asks its successor.
  process.on("SIGTERM", () => http.close());
});
