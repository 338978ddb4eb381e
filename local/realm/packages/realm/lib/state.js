"use strict";

/**
 * The data of one realm as plain values: {class: {key: {property: value}}}. An operation is
 *   ["set", class, key, {property: value}]   makes the object if it is not there, and sets these properties
 *   ["delete", class, key]
 *   ["clear"]                                deletes every object: the realm was deleted
 * Each gives the same result when they are applied twice, and the last writer of a property wins: replicas that apply
 * the same operations in the order of the sync master end up equal, whatever they applied ahead of it.
 */

/** Applies operations in place. */
function apply(state, ops) {
  for (const op of ops) {
    const kind = op[0];
    const type = op[1];
    const key = op[2];
    if (kind === "clear") {
      for (const name of Object.keys(state)) delete state[name];
      continue;
    }
    if (!state[type]) state[type] = Object.create(null);
    if (kind === "set") state[type][key] = Object.assign(state[type][key] || {}, op[3]);
    else if (kind === "delete") delete state[type][key];
    else throw new Error(`unknown operation ${kind}`);
  }
}

/** A copy that shares nothing that apply() changes. */
function clone(state) {
  const copy = Object.create(null);
  for (const type of Object.keys(state)) {
    copy[type] = Object.create(null);
    for (const key of Object.keys(state[type])) copy[type][key] = Object.assign({}, state[type][key]);
  }
  return copy;
}

/**
 * What changed between two versions of a list of objects, as Realm's listeners are told it: indexes into the new list,
 * and for deletions into the old one.
 * @param {{key: string, data: object}[]} before
 * @param {{key: string, data: object}[]} after
 */
function difference(before, after) {
  const index = (rows) => new Map(rows.map((row) => [row.key, JSON.stringify(row.data)]));
  const old = index(before);
  const now = index(after);
  const where = (rows, test) => rows.map((row, i) => (test(row) ? i : -1)).filter((i) => i >= 0);
  return {
    insertions: where(after, (row) => !old.has(row.key)),
    modifications: where(after, (row) => old.has(row.key) && old.get(row.key) !== now.get(row.key)),
    deletions: where(before, (row) => !now.has(row.key)),
  };
}

module.exports = { apply, clone, difference };
