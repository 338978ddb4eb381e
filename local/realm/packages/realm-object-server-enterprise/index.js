"use strict";

/**
 * Stand-in for realm-object-server-enterprise: the same names, on real Consul, with a sync protocol of its own. See
 * local/realm/README.md.
 */
module.exports = {
  ConsulDiscovery: require("./lib/discovery").ConsulDiscovery,
  MetricsService: require("./lib/metrics").MetricsService,
  ReplicatedSyncService: require("./lib/sync-service").ReplicatedSyncService,
};
