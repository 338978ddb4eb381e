"use strict";

const { compile } = require("./query");

/** A schema's property in long form: {type, objectType, optional, default, property}. */
function property(spec) {
  const long = typeof spec === "string" ? { type: spec } : Object.assign({}, spec);
  if (long.type.endsWith("?")) Object.assign(long, { type: long.type.slice(0, -1), optional: true });
  const plain = ["string", "bool", "int", "float", "double", "date", "data", "list", "linkingObjects", "object"];
  if (!plain.includes(long.type)) Object.assign(long, { type: "object", objectType: long.type });
  return long;
}

/** Values as they are kept and sent: JSON, with a date as {$date} and a link as {$link: [class, key]}. */
function encode(realm, spec, value) {
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return { $date: value.getTime() };
  if (spec.type === "list")
    return Array.from(value, (item) => encode(realm, { type: "object", objectType: spec.objectType }, item));
  if (spec.type !== "object") return value;
  const object = typeof value.objectKey === "function" ? value : realm.create(spec.objectType, value);
  return { $link: [spec.objectType, object.objectKey()] };
}

function decode(realm, value) {
  if (value === undefined || value === null || typeof value !== "object") return value === undefined ? null : value;
  if (value.$date !== undefined) return new Date(value.$date);
  // A link to an object that another replica deleted reads as no object.
  if (value.$link)
    return realm.has(value.$link[0], value.$link[1]) ? object(realm, value.$link[0], value.$link[1]) : null;
  return value;
}

/**
 * An object of the realm: reads and writes go to the realm's state, so that it shows what other replicas wrote as well.
 */
function object(realm, type, key) {
  const schema = realm.schemaOf(type);
  const self = Object.create(schema.prototype);
  const data = () => {
    if (!realm.has(type, key)) throw new Error(`this ${type} has been deleted`);
    return realm.state[type][key];
  };
  Object.defineProperties(self, {
    objectKey: { value: () => key },
    objectType: { value: () => type },
    isValid: { value: () => realm.has(type, key) },
    linkingObjects: { value: (from, name) => linking(realm, from, name, type, key) },
  });
  for (const name of Object.keys(schema.properties)) {
    const spec = schema.properties[name];
    Object.defineProperty(self, name, {
      enumerable: true,
      get() {
        if (spec.type === "linkingObjects") return linking(realm, spec.objectType, spec.property, type, key);
        if (spec.type === "list") return list(realm, type, key, name, spec);
        return decode(realm, data()[name]);
      },
      set(value) {
        data();
        realm.operate(["set", type, key, { [name]: encode(realm, spec, value) }]);
      },
    });
  }
  return self;
}

/**
 * A live collection: an array computed anew whenever it is looked at, with Realm's own methods beside Array's.
 * @param {() => object[]} compute the objects it holds now.
 */
function collection(realm, type, compute, extra) {
  const methods = Object.assign(
    {
      filtered: (query, ...args) => {
        const test = compile(query, args);
        return collection(realm, type, () => compute().filter(test));
      },
      sorted: (by, reverse) => {
        const order = (a, b) => (a[by] < b[by] ? -1 : a[by] > b[by] ? 1 : 0) * (reverse ? -1 : 1);
        return collection(realm, type, () => compute().sort(order));
      },
      snapshot: () => {
        const frozen = compute();
        return collection(realm, type, () => frozen.slice());
      },
      isValid: () => !realm.isClosed,
      addListener: (listener) => realm.listen(type, compute, listener),
      removeListener: (listener) => realm.unlisten(listener),
      removeAllListeners: () => realm.unlisten(null, compute),
    },
    extra,
  );
  return new Proxy([], {
    get(_, name) {
      if (Object.prototype.hasOwnProperty.call(methods, name)) return methods[name];
      const now = compute();
      return typeof now[name] === "function" ? now[name].bind(now) : now[name];
    },
    has: (_, name) => name in compute(),
    ownKeys: () => Reflect.ownKeys(compute()),
    getOwnPropertyDescriptor: (_, name) => {
      const found = Object.getOwnPropertyDescriptor(compute(), name);
      return found && name !== "length" ? Object.assign(found, { configurable: true }) : found;
    },
  });
}

/** All objects of a class, in the order in which they were made. */
function all(realm, type) {
  return collection(realm, type, () => Object.keys(realm.state[type] || {}).map((key) => object(realm, type, key)));
}

function linking(realm, from, name, type, key) {
  const links = (value) => value && value.$link && value.$link[0] === type && value.$link[1] === key;
  const points = (value) => (Array.isArray(value) ? value.some(links) : links(value));
  return collection(realm, from, () =>
    Object.keys(realm.state[from] || {})
      .filter((other) => points(realm.state[from][other][name]))
      .map((other) => object(realm, from, other)),
  );
}

function list(realm, type, key, name, spec) {
  const values = () => realm.state[type][key][name] || [];
  const compute = () =>
    values()
      .map((value) => decode(realm, value))
      .filter((value) => value !== null);
  return collection(realm, spec.objectType, compute, {
    push: (...items) => {
      const added = encode(realm, spec, items);
      realm.operate(["set", type, key, { [name]: values().concat(added) }]);
      return values().length;
    },
  });
}

module.exports = { all, encode, object, property };
