// @ts-check
"use strict";

/**
 * Which sync master a core node leads clients to. SyncProxyService goes to the one that it heard of last, and does not listen when one is
 * gone. But Consul knows a host that comes back by what it was last, until that host says what it is now: clients were led to a master of
 * before, which turns them away, until another master was elected. So a master is kept while it is listed, and left for one that is. Runs on
 * Node.js 8.
 *
 * @param {any} proxy a SyncProxyService
 */
exports.keepToMasters = (proxy) => {
  const lead = proxy.syncMasterChanged.bind(proxy);
  proxy.syncMasterChanged = (/** @type {any} */ backend, /** @type {any} */ first) => {
    // What comes later the watch tells, too.
    if (backend.handle) return;
    lead(backend, first);
    /** @type {any} */
    const listed = {};
    const tell = (/** @type {boolean} */ available) => (/** @type {any} */ handle) => {
      delete listed[handle.address];
      if (available) listed[handle.address] = handle;
      const [next] = Object.keys(listed).reverse();
      if (next && !listed[backend.handle.address]) lead(backend, listed[next]);
    };
    proxy.server.discovery
      .watchService("sync", ["role=master", `label=${backend.syncLabel}`])
      .on("available", tell(true))
      .on("unavailable", tell(false));
  };
};
