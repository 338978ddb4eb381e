"use strict";

const { ServiceWatch } = require("realm-object-server");

const BACKOFF = { first: 200, most: 5000 };

const hasAll = (tags, wanted) => (wanted || []).every((tag) => tags.includes(tag));
const signature = (handle) => JSON.stringify([handle.address, handle.port, handle.tags]);

/**
 * What Consul knows of services, by one blocking query a service name however many watch it: ROS opens a watch for each
 * request and never closes one, so that a watch lives as long as somebody listens to it. While Consul cannot be reached the last answer stands: a cluster goes on without Consul
 * until something changes.
 */
class Catalogue {
  constructor(consul, logger) {
    this.consul = consul;
    this.logger = logger;
    this.names = new Map();
  }

  /** Asks Consul; for the services that pass. */
  async find(name, tags) {
    const entries = await this.consul.health.service({ service: name, passing: true });
    return Array.from(handles(name, entries).values()).filter((handle) => hasAll(handle.tags, tags));
  }

  /** @returns {ServiceWatch} */
  watch(name, tags) {
    const watch = new ServiceWatch(name, tags);
    const entry = this.follow(name);
    watch.on("removeListener", () => {
      if (listeners(watch) === 0) entry.watches.delete(watch);
    });
    // ROS listens to some of its watches only when a realm has been opened, which may take long. The last of the two: this is one as well.
    watch.on("newListener", () => entry.watches.add(watch));
    // In a later turn, when the caller has added its listeners.
    setImmediate(() => {
      for (const handle of entry.current.values()) if (hasAll(handle.tags, tags)) watch.emit("available", handle);
    });
    return watch;
  }

  follow(name) {
    if (this.names.has(name)) return this.names.get(name);
    const query = this.consul.watch({
      method: this.consul.health.service,
      options: { service: name, passing: true },
      backoffFactor: BACKOFF.first,
      backoffMax: BACKOFF.most,
    });
    const entry = { current: new Map(), watches: new Set(), query };
    this.names.set(name, entry);
    query.on("change", (entries) => update(entry, handles(name, entries)));
    query.on("error", (error) => this.logger.debug(`watching ${name} in Consul: ${error.message}`));
    return entry;
  }
}

function handles(name, entries) {
  const found = new Map();
  for (const { Node, Service } of entries) {
    const handle = { name, tags: Service.Tags || [], address: Service.Address || Node.Address, port: Service.Port };
    found.set(Service.ID, handle);
  }
  return found;
}

function update(entry, now) {
  const before = entry.current;
  entry.current = now;
  const changed = (from, to) =>
    Array.from(from.keys()).filter((id) => !to.has(id) || signature(to.get(id)) !== signature(from.get(id)));
  for (const id of changed(before, now)) emit(entry, "unavailable", before.get(id));
  for (const id of changed(now, before)) emit(entry, "available", now.get(id));
}

function emit(entry, event, handle) {
  for (const watch of entry.watches) if (hasAll(handle.tags, watch.serviceTags)) watch.emit(event, handle);
}

const listeners = (watch) => watch.listenerCount("available") + watch.listenerCount("unavailable");

module.exports = { Catalogue };
