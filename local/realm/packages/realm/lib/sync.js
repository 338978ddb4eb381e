"use strict";

const { clone, difference } = require("./state");

/** Realm.Sync: users by admin token, the log, and listeners on realms by path. */

const LEVEL = { all: 0, trace: 1, debug: 2, detail: 3, info: 4, warn: 5, error: 6, fatal: 7, off: 8 };
let logger = null;
const watchers = [];
const realms = new Map();

/** @param {(level: number, message: string) => void} callback */
function setSyncLogger(callback) {
  logger = callback;
}

function log(level, message) {
  if (logger) logger(LEVEL[level], `stand-in: ${message}`);
}

const Credentials = {
  /** The only kind that a server uses: no request is made. */
  adminToken: (token) => ({ adminToken: token }),
};

const User = {
  login: (server, credentials) => {
    if (!credentials.adminToken) throw new Error("realm: this stand-in knows admin tokens only");
    return { server, identity: "__admin", isAdmin: true, token: credentials.adminToken, logout() {} };
  },
};

/**
 * Calls back upon changes of realms whose path matches. Realm's global notifier opens every such realm on the server;
 * this stand-in sees those that the process has open itself.
 */
function addListener(server, user, pattern, event, callback) {
  watchers.push({ pattern: new RegExp(pattern), event, callback });
  for (const realm of realms.keys()) realms.set(realm, watches(realm) ? clone(realm.state) : null);
}

function removeListener(pattern, event, callback) {
  const at = watchers.findIndex((watcher) => watcher.event === event && watcher.callback === callback);
  if (at >= 0) watchers.splice(at, 1);
}

function removeAllListeners() {
  watchers.length = 0;
}

function watches(realm) {
  return watchers.some((watcher) => watcher.event === "change" && watcher.pattern.test(realm.remotePath));
}

function opened(realm) {
  realms.set(realm, null);
  realm.replica.opened.then(
    () => realms.has(realm) && watches(realm) && realms.set(realm, clone(realm.state)),
    () => realms.delete(realm),
  );
}

function closed(realm) {
  realms.delete(realm);
}

function changed(realm) {
  const before = realms.get(realm);
  if (!before || !watches(realm)) return;
  const after = clone(realm.state);
  realms.set(realm, after);
  const rows = (state, type) => Object.keys(state[type] || {}).map((key) => ({ key, data: state[type][key] }));
  const changes = {};
  for (const type of new Set(Object.keys(before).concat(Object.keys(after)))) {
    const found = difference(rows(before, type), rows(after, type));
    if (found.insertions.length + found.modifications.length + found.deletions.length > 0) changes[type] = found;
  }
  const event = { path: realm.remotePath, realm, oldRealm: realm.at(before), changes };
  for (const watcher of watchers) {
    if (watcher.event === "change" && watcher.pattern.test(realm.remotePath)) watcher.callback(event);
  }
}

module.exports = {
  Credentials,
  User,
  addListener,
  removeListener,
  removeAllListeners,
  setSyncLogger,
  setLogLevel() {},
  initiateClientReset() {},
  changed,
  closed,
  log,
  opened,
  watches,
};
