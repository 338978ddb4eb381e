"use strict";

const EventEmitter = require("events");

const RETRY_MS = 500;

/**
 * One worker's part in its sync worker group: at most one master a label, chosen by a Consul lock, and never one that
 * lacks acknowledged data.
 *
 * Two keys in Consul, under realm-sync/<label>/:
 *   leader  the lock. Its value says where the master is; its session is bound to the worker's own service check and to
 *           its node's health, so that the lock falls when the process or the host does.
 *   group   {master, slave}: ids of the workers that have all acknowledged data. Only they may become master. The
 *           master strikes a slave off before it acknowledges without it. Every change is a compare-and-swap, which
 *           also stops a master that has lost the lock unawares.
 *
 * Events: `elected`, `lost`, `leader` ({id, address, port} or null).
 */
class Group extends EventEmitter {
  /** @param {{discovery: object, label: string, id: string, address: string, port: number, logger: object}} options */
  constructor(options) {
    super();
    Object.assign(this, options);
    this.consul = this.discovery.consul;
    this.keys = { leader: `realm-sync/${this.label}/leader`, group: `realm-sync/${this.label}/group` };
    this.session = null;
    this.master = false;
    // Whether nobody has the lock, as far as we know: not before Consul has said so.
    this.free = false;
    this.work = Promise.resolve();
  }

  /**
   * Begins once this worker's own registration passes its check: a session cannot be bound to a check that does not.
   */
  start() {
    this.own = this.discovery.watchService("sync", [`label=${this.label}`]);
    this.own.on("available", (handle) => {
      if (handle.address === this.address && handle.port === this.port) this.run(() => this.stand());
    });
    this.leaderWatch = this.consul.watch({
      method: this.consul.kv.get,
      options: { key: this.keys.leader },
      backoffFactor: 200,
      backoffMax: 5000,
    });
    this.leaderWatch.on("change", (entry) => this.run(() => this.observe(entry)));
    this.leaderWatch.on("error", (error) => this.logger.debug(`watching ${this.keys.leader}: ${error.message}`));
  }

  /** Gives the lock back, so that a slave takes over at once. */
  async stop() {
    this.stopped = true;
    if (this.leaderWatch) this.leaderWatch.end();
    if (this.own) this.own.removeAllListeners();
    clearTimeout(this.timer);
    await this.work;
    if (!this.session) return;
    await this.consul.session
      .destroy(this.session)
      .catch((error) => this.logger.warn(`cannot end the session: ${error.message}`));
  }

  /**
   * Steps run one after the other; a step that fails (Consul away, say) is tried again by standing for election anew.
   */
  run(step) {
    this.work = this.work.then(async () => {
      if (this.stopped) return;
      try {
        await step();
      } catch (error) {
        this.logger.warn(`election of ${this.label}: ${error.message}`);
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.run(() => this.stand()), RETRY_MS);
      }
    });
  }

  async observe(entry) {
    const held = Boolean(entry && entry.Session);
    this.free = !held;
    if (this.master && (!held || entry.Session !== this.session)) this.stepDown();
    this.emit("leader", held ? JSON.parse(entry.Value) : null);
    if (!held) await this.stand();
  }

  /** Gives mastership up for now: something that it needs has failed. The next election is open to this worker too. */
  resign() {
    this.run(async () => {
      this.stepDown();
      if (this.session) await this.consul.session.destroy(this.session);
    });
  }

  stepDown() {
    if (!this.master) return;
    this.master = false;
    this.logger.warn(`${this.id} is not master of ${this.label} any more`);
    this.emit("lost");
  }

  async stand() {
    if (this.master || !this.free) return;
    if (!(await this.haveSession())) return;
    if (!this.mayLead(await this.read())) return;
    const value = JSON.stringify({ id: this.id, address: this.address, port: this.port });
    const locked = await this.consul.kv.set({ key: this.keys.leader, value, acquire: this.session });
    if (!locked) return;
    if (await this.claim()) {
      this.master = true;
      this.logger.info(`${this.id} is master of ${this.label}`);
      this.emit("elected");
    } else {
      await this.consul.kv.set({ key: this.keys.leader, value: "", release: this.session });
    }
  }

  async haveSession() {
    if (this.session && (await this.consul.session.get(this.session))) return true;
    this.session = null;
    const own = `service:sync:${this.address}:${this.port}`;
    const checks = await this.consul.agent.check.list();
    // The next `available` of this worker comes back here.
    if (!checks[own] || checks[own].Status !== "passing") return false;
    const session = await this.consul.session.create({
      name: `realm-sync ${this.label} ${this.id}`,
      checks: ["serfHealth", own],
      // A delay would keep a master that is cut off from harm; here the group key does.
      lockdelay: "0s",
    });
    this.session = session.ID;
    return true;
  }

  async read() {
    const entry = await this.consul.kv.get(this.keys.group);
    return entry ? { index: entry.ModifyIndex, members: JSON.parse(entry.Value) } : { index: 0, members: null };
  }

  mayLead({ members }) {
    if (!members || members.master === this.id || members.slave === this.id) return true;
    const complete = [members.master, members.slave].filter(Boolean).join(" or ");
    this.logger.info(
      `${this.label} has no master; ${this.id} leaves it to ${complete}, which has all that was acknowledged`,
    );
    return false;
  }

  /** With the lock held: names this worker the one that has all data, unless it was struck off meanwhile. */
  async claim() {
    for (;;) {
      const group = await this.read();
      if (!this.mayLead(group)) return false;
      if (await this.put({ master: this.id, slave: null }, group.index)) return true;
    }
  }

  put(members, index) {
    return this.consul.kv.set({ key: this.keys.group, value: JSON.stringify(members), cas: index });
  }

  /**
   * As master: names the slave, or none.
   * @param {string | null} slave
   * @throws when this worker is not the master any more, or Consul does not answer: then nothing may be acknowledged.
   */
  async setSlave(slave) {
    const group = await this.read();
    if (
      !group.members ||
      group.members.master !== this.id ||
      !(await this.put({ master: this.id, slave }, group.index))
    ) {
      throw new Error(`${this.id} is not the master of ${this.label}`);
    }
  }
}

module.exports = { Group };
