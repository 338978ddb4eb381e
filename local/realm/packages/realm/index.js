"use strict";

/**
 * Stand-in for Realm's JavaScript SDK 2.19, which is native code that cannot be installed any more. It has what
 * realm-object-server 3.12.0 calls, and keeps realms at the sync master of the Enterprise stand-in, so that every core
 * node sees the same users and survives a restart.
 */
const { Realm } = require("./lib/realm");
const Sync = require("./lib/sync");

Realm.Sync = {
  Credentials: Sync.Credentials,
  User: Sync.User,
  addListener: Sync.addListener,
  removeListener: Sync.removeListener,
  removeAllListeners: Sync.removeAllListeners,
  setSyncLogger: Sync.setSyncLogger,
  setLogLevel: Sync.setLogLevel,
  initiateClientReset: Sync.initiateClientReset,
};

// PermissionsService uses the global that the SDK defines.
global.Realm = Realm;

process.stderr.write("realm: STAND-IN for Realm's JavaScript SDK, not Realm's software\n");

module.exports = Realm;
