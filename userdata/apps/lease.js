// @ts-check
"use strict";

/**
 * The lock of the realm directory, which `consul lock` holds while it runs this process (realm-directory.service). It learns that the
 * lock is lost from its agent, which may take most of a minute when the host is cut off, and when the host hung and goes on, this process
 * goes on first; but others may take the lock 15 s after its session has ended. So this process answers only while there is younger
 * proof that the lock is still held, a consistent read. Without it the process ends itself; should it not get that far, systemd's
 * watchdog ends it. Runs on Node.js 8.
 */
const { execFile } = require("child_process");
const { performance } = require("perf_hooks");
const { delay } = require("realm-object-server");
const { askConsul } = require("./consul");
const { fatal } = require("./member");

const LOCK = "kv/realm-cluster/directory/.lock?consistent";

/** @returns {Promise<string | undefined>} the session that holds the lock, as Consul's leader has it. */
async function holder() {
  const [{ Session }] = await askConsul(LOCK);
  return Session;
}

class Lease {
  /** @param {{logger: any, leaseMs?: number, intervalMs?: number}} options */
  constructor({ logger, leaseMs = 10 * 1000, intervalMs = 1000 }) {
    this.logger = logger;
    this.leaseMs = leaseMs;
    this.intervalMs = intervalMs;
    /** When the last proof was asked for, by a clock that goes on while the process does not. */
    this.provenAt = 0;
  }

  /** Begins, with the lock that was taken just now. */
  async start() {
    this.provenAt = performance.now();
    this.session = await holder();
    if (this.session === undefined) fatal("the lock of the realm directory is not held", 1);
    this.feedWatchdog();
    this.renew();
  }

  async renew() {
    for (;;) {
      await delay(this.intervalMs);
      const asked = performance.now();
      try {
        if ((await holder()) !== this.session) fatal("the lock of the realm directory is lost", 1);
        this.provenAt = asked;
        this.feedWatchdog();
      } catch (/** @type {any} */ error) {
        this.logger.warn(`whether the lock of the realm directory is held is not known: ${error.message}`);
      }
    }
  }

  /** Has a server take no request, and answer none, without proof: what waited while the host hung comes first when it goes on. */
  guard(/** @type {import("http").Server} */ server) {
    server.prependListener("request", (_, response) => {
      this.require();
      /** @type {any} */
      const end = response.end;
      response.end = /** @param {any[]} rest */ (...rest) => {
        this.require();
        return end.apply(response, rest);
      };
    });
  }

  require() {
    const age = performance.now() - this.provenAt;
    if (age > this.leaseMs) fatal(`the lock of the realm directory was proven ${Math.round(age)} ms ago`, 1);
  }

  feedWatchdog() {
    const told = [`WATCHDOG_USEC=${this.leaseMs * 1000}`, "WATCHDOG=1"];
    execFile("systemd-notify", told, (error) => error && this.logger.warn(`the watchdog: ${error.message}`));
  }
}

module.exports = { Lease };
