"use strict";

const { apply, clone } = require("./state");

/**
 * One replica's view of a realm: what the sync master has confirmed (`base`), with this replica's own unconfirmed
 * changesets (`pending`) on top of it (`state`). Replicas that have been told the same are equal once nothing of theirs
 * is pending.
 */
class Rebased {
  constructor() {
    this.base = Object.create(null);
    this.state = Object.create(null);
    this.version = 0;
    this.pending = new Map();
  }

  /** Operations of this replica, which have been applied to `state` already. */
  commit(id, ops) {
    this.pending.set(id, ops);
  }

  /**
   * Takes the next changeset in the master's order.
   * @returns {boolean} whether `state` changed: one's own changes nothing.
   */
  confirm(entry) {
    apply(this.base, entry.ops);
    this.version = entry.version;
    if (this.pending.keys().next().value === entry.id) {
      this.pending.delete(entry.id);
      return false;
    }
    if (this.pending.size === 0) apply(this.state, entry.ops);
    else this.rebuild();
    return true;
  }

  /** Puts what is pending on top of what is confirmed, and forgets what was applied to `state` besides. */
  rebuild() {
    this.state = clone(this.base);
    for (const ops of this.pending.values()) apply(this.state, ops);
  }

  /** The master has less than it had: everything comes again. */
  reset() {
    this.base = Object.create(null);
    this.version = 0;
    this.rebuild();
  }
}

module.exports = { Rebased };
