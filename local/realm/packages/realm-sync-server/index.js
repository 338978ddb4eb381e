"use strict";

/**
 * Stand-in for Realm's sync server, which realm-object-server requires as it loads, for its SyncService. The cluster
 * does not run that service (its sync workers run the Enterprise package's ReplicatedSyncService), so this one only has
 * to exist.
 */
class RealmSyncServer {
  constructor() {
    throw new Error(
      "realm-sync-server: this is a stand-in that cannot serve; run ReplicatedSyncService of realm-object-server-enterprise",
    );
  }
}

module.exports = { RealmSyncServer };
