"use strict";

const fs = require("fs");
const path = require("path");
const { promisify } = require("util");

const datasync = promisify(fs.fdatasync);

/**
 * Realms on disk: for each an append-only log of changesets, JSON lines {id, ops}; the n-th line is version n. An
 * append is done when the disk has it. The whole is small and kept in memory too.
 */
class Store {
  /** @param {string} directory made if it is not there, as is its parent. */
  constructor(directory) {
    this.directory = directory;
    makeDirectory(path.dirname(directory));
    makeDirectory(directory);
    this.logs = new Map();
    for (const file of fs.readdirSync(directory)) {
      if (file.endsWith(".log")) this.open(decodeURIComponent(file.slice(0, -".log".length)));
    }
  }

  paths() {
    return Array.from(this.logs.keys());
  }

  /** Changesets of a realm after a version. */
  since(realm, version) {
    const log = this.logs.get(realm);
    return log ? log.entries.slice(version).map((entry, i) => Object.assign({ version: version + i + 1 }, entry)) : [];
  }

  version(realm) {
    const log = this.logs.get(realm);
    return log ? log.entries.length : 0;
  }

  /** The version that a changeset got, if it is here. */
  versionOf(realm, id) {
    const log = this.logs.get(realm);
    return log && log.ids.get(id);
  }

  /**
   * Writes a changeset through to the disk. One at a time a realm: the caller queues.
   * @returns {Promise<number>} its version.
   */
  async append(realm, entry) {
    const log = this.open(realm);
    const line = Buffer.from(`${JSON.stringify({ id: entry.id, ops: entry.ops })}\n`);
    // A disk that is nearly full takes less than it is given, and says why when it is given the rest.
    for (let done = 0; done < line.length;) done += await write(log.fd, line.slice(done), log.size + done);
    await datasync(log.fd);
    log.size += line.length;
    return remember(log, entry);
  }

  /** Everything goes: before a copy of another worker's data is taken. */
  clear() {
    const realms = this.paths();
    this.close();
    for (const realm of realms) fs.unlinkSync(this.file(realm));
  }

  close() {
    for (const log of this.logs.values()) fs.closeSync(log.fd);
    this.logs.clear();
  }

  file(realm) {
    return path.join(this.directory, `${encodeURIComponent(realm)}.log`);
  }

  open(realm) {
    if (this.logs.has(realm)) return this.logs.get(realm);
    const fd = fs.openSync(this.file(realm), fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
    const log = { fd, size: 0, entries: [], ids: new Map() };
    const text = fs.readFileSync(fd, "utf8");
    // A crash can leave the last line half-written. It was not acknowledged, and the next append overwrites it.
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    for (const line of whole.split("\n").slice(0, -1)) remember(log, JSON.parse(line));
    log.size = Buffer.byteLength(whole);
    fs.ftruncateSync(fd, log.size);
    this.logs.set(realm, log);
    return log;
  }
}

/** @returns {Promise<number>} how much of it was written. */
function write(fd, buffer, position) {
  return new Promise((resolve, reject) =>
    fs.write(fd, buffer, 0, buffer.length, position, (error, written) => (error ? reject(error) : resolve(written))),
  );
}

function remember(log, entry) {
  log.entries.push({ id: entry.id, ops: entry.ops });
  log.ids.set(entry.id, log.entries.length);
  return log.entries.length;
}

function makeDirectory(directory) {
  try {
    fs.mkdirSync(directory, 0o700);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
}

module.exports = { Store };
