"use strict";

const crypto = require("crypto");
const path = require("path");
const { URL } = require("url");
const { apply, clone, difference } = require("./state");
const { inferSchema } = require("./inferred");
const { all, encode, object, property } = require("./objects");
const { Replica } = require("./replica");
const Sync = require("./sync");

/**
 * A synced realm: objects by class, changed only inside transactions, and the same in every process that has it open.
 */
class Realm {
  /**
   * Opens a realm once it holds all that the sync master has.
   * @param {{schema: Function[] | object[], path?: string, sync: {url: string, user: {token: string}}}} config
   * @returns {Promise<Realm> & {progress(callback: Function): Promise<Realm>}}
   */
  static open(config) {
    const realm = new Realm(config);
    const opened = realm.replica.opened.then(() => realm);
    opened.progress = () => opened;
    return opened;
  }

  constructor(config) {
    const url = new URL(config.sync.url.replace(/^realms?:/, "http:"));
    this.remotePath = `/${decodeURIComponent(url.pathname).replace(/^\/+/, "")}`;
    this.path = config.path || path.join(process.cwd(), this.remotePath);
    this.isClosed = false;
    this.listeners = [];
    this.transaction = null;
    this.declared = config.schema && classesOf(config.schema);
    this.replica = new Replica({
      host: url.hostname,
      port: Number(url.port),
      path: this.remotePath,
      token: config.sync.user.token,
      log: (message) => Sync.log("detail", message),
      changed: () => this.changed(),
    });
    this.syncSession = {
      config: config.sync,
      addProgressNotification: (direction, mode, callback) => this.replica.whenCurrent(() => callback(1, 1)),
      _overrideServer: (host, port) => this.replica.override(host, port),
    };
    Sync.opened(this);
  }

  /** Classes by name: those that the realm was opened with, or else those that it has. */
  get classes() {
    return this.declared || classesOf(inferSchema(this.state));
  }

  get schema() {
    return Array.from(this.classes.values(), (entry) => ({
      name: entry.name,
      primaryKey: entry.primaryKey,
      properties: entry.properties,
    }));
  }

  get state() {
    return this.replica.state;
  }

  get isInTransaction() {
    return this.transaction !== null;
  }

  schemaOf(type) {
    const name = typeof type === "function" ? type.schema.name : type;
    const found = this.classes.get(name);
    if (!found) throw new Error(`${this.remotePath} has no class ${name}`);
    return found;
  }

  has(type, key) {
    return Boolean(this.state[type] && this.state[type][key]);
  }

  objects(type) {
    return all(this, this.schemaOf(type).name);
  }

  /** @returns {object | undefined} */
  objectForPrimaryKey(type, key) {
    const name = this.schemaOf(type).name;
    return this.has(name, String(key)) ? object(this, name, String(key)) : undefined;
  }

  create(type, values, update) {
    const schema = this.schemaOf(type);
    const key = schema.primaryKey ? String(values[schema.primaryKey]) : crypto.randomBytes(12).toString("hex");
    const exists = this.has(schema.name, key);
    if (exists && !update)
      throw new Error(
        `Attempting to create an object of type '${schema.name}' with an existing primary key value '${key}'.`,
      );
    const data = {};
    for (const name of Object.keys(schema.properties)) {
      const spec = schema.properties[name];
      if (spec.type === "linkingObjects") continue;
      if (values[name] !== undefined) data[name] = encode(this, spec, values[name]);
      else if (!exists)
        data[name] = spec.default !== undefined ? encode(this, spec, spec.default) : spec.type === "list" ? [] : null;
    }
    this.operate(["set", schema.name, key, data]);
    return object(this, schema.name, key);
  }

  delete(target) {
    const doomed = typeof target.objectKey === "function" ? [target] : Array.from(target);
    for (const one of doomed) this.operate(["delete", one.objectType(), one.objectKey()]);
  }

  deleteAll() {
    for (const type of this.classes.keys()) this.delete(this.objects(type));
  }

  write(change) {
    this.beginTransaction();
    try {
      change();
    } catch (error) {
      this.cancelTransaction();
      throw error;
    }
    this.commitTransaction();
  }

  beginTransaction() {
    if (this.isClosed) throw new Error(`${this.remotePath} is closed`);
    if (this.transaction) throw new Error(`${this.remotePath} is already in a write transaction`);
    this.replica.hold();
    this.transaction = [];
  }

  commitTransaction() {
    const ops = this.endTransaction();
    if (ops.length > 0) {
      this.replica.commit(ops);
      this.changed();
    }
    this.replica.release();
  }

  cancelTransaction() {
    this.endTransaction();
    this.replica.view.rebuild();
    this.replica.release();
  }

  endTransaction() {
    if (!this.transaction) throw new Error(`${this.remotePath} is not in a write transaction`);
    const ops = this.transaction;
    this.transaction = null;
    return ops;
  }

  /** One change, inside a transaction. */
  operate(op) {
    if (!this.transaction) throw new Error("Cannot modify managed objects outside of a write transaction.");
    this.transaction.push(op);
    apply(this.state, [op]);
  }

  /** Realm.addListener("change", listener), and collections' listeners, which are told what changed. */
  addListener(event, listener) {
    this.listen(null, null, () => listener(this, event));
  }

  listen(type, compute, listener) {
    const rows = compute
      ? () => compute().map((one) => ({ key: one.objectKey(), data: this.state[type][one.objectKey()] }))
      : () => [];
    const frozen = () => JSON.parse(JSON.stringify(rows()));
    const entry = { type, compute, listener, seen: frozen(), frozen };
    this.listeners.push(entry);
    if (compute) setImmediate(() => listener(all(this, type), { insertions: [], modifications: [], deletions: [] }));
  }

  unlisten(listener, compute) {
    this.listeners = this.listeners.filter((entry) => entry.listener !== listener && entry.compute !== compute);
  }

  removeAllListeners() {
    this.listeners = [];
  }

  /** Tells listeners, once for all that changed in this turn of the event loop. */
  changed() {
    if (this.announcing || (this.listeners.length === 0 && !Sync.watches(this))) return;
    this.announcing = true;
    setImmediate(() => {
      this.announcing = false;
      if (this.isClosed) return;
      for (const entry of this.listeners) {
        const now = entry.frozen();
        const changes = difference(entry.seen, now);
        entry.seen = now;
        entry.listener(entry.type ? all(this, entry.type) : this, changes);
      }
      Sync.changed(this);
    });
  }

  /** The realm as it was: what a change event shows as `oldRealm`. */
  at(state) {
    return Object.create(this, { state: { value: clone(state) } });
  }

  close() {
    if (this.isClosed) return;
    this.isClosed = true;
    this.removeAllListeners();
    this.replica.close();
    Sync.closed(this);
  }
}

function classesOf(schema) {
  return new Map(schema.map((entry) => [(entry.schema || entry).name, describe(entry)]));
}

function describe(entry) {
  const schema = entry.schema || entry;
  const properties = {};
  for (const name of Object.keys(schema.properties)) properties[name] = property(schema.properties[name]);
  return {
    name: schema.name,
    primaryKey: schema.primaryKey,
    properties,
    prototype: typeof entry === "function" ? entry.prototype : Object.prototype,
  };
}

module.exports = { Realm };
