// @ts-check
"use strict";

/**
 * The health service of a core node. `/health?thisInstance=true` is about this process, as in every Realm server. The plain
 * `/health` is about the region, which may be failed over when it fails: every sync worker group has to have a master. ROS's
 * own would fail as soon as one worker of a group does not answer. Runs on Node.js 8.
 */
const { HealthService } = require("realm-object-server");
const { askConsul } = require("./consul");

/**
 * Masters serve while Consul elects another leader, which takes seconds, and while an agent waits for a server that is gone: the region is
 * not to be failed over for that. So old may be what is known, and for so long it holds.
 */
const STALE_MS = 10 * 1000;

/** @param {string} service with a query @returns {Promise<string[][]>} the tags of each of its registrations. */
async function registered(service) {
  const entries = await askConsul(`health/service/${service}`, STALE_MS);
  return entries.map((/** @type {any} */ entry) => entry.Service.Tags);
}

/** @param {string[][]} all @returns {Set<string>} the labels among the tags of registrations. */
const labels = (all) =>
  new Set(all.reduce((tags, more) => tags.concat(more), []).filter((tag) => tag.startsWith("label=")));

/** Which groups have no master. There is always `default`; the others are those that hosts say they are for (sync-worker). */
async function groupsWithoutMaster() {
  const [expected, serving] = await Promise.all([registered("sync-worker?stale"), registered("sync?passing&stale")]);
  const served = labels(serving.filter((tags) => tags.includes("role=master")));
  return Array.from(labels([["label=default"], ...expected])).filter((label) => !served.has(label));
}

/** @param {{warn(message: string): void}} logger */
function regionHealth(logger) {
  const health = new HealthService();
  const start = health["start"].bind(health);
  /** @type {string[]} */
  let missing = [];
  let knownAt = 0;
  const hasServerStarted = async () => {
    try {
      missing = await groupsWithoutMaster();
      knownAt = Date.now();
      if (missing.length > 0) logger.warn(`no sync master for ${missing.join(", ")}`);
    } catch (error) {
      logger.warn(`whether every group has a sync master is not known: ${/** @type {Error} */ (error).message}`);
      if (Date.now() - knownAt > STALE_MS) return false;
    }
    return missing.length === 0;
  };
  health["start"] = async (/** @type {any} */ server) => {
    await start(server);
    // What the plain /health asks.
    health["healthClient"] = /** @type {any} */ ({ hasServerStarted });
  };
  return health;
}

module.exports = { regionHealth };
