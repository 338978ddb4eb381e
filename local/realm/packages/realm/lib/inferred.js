"use strict";

/**
 * The classes of a realm that is opened without a schema, as its objects show them. Realm keeps the schema in the realm
 * itself; this stand-in does not, so that a class without objects is not seen, nor a property that is null everywhere.
 * @param {{[type: string]: {[key: string]: object}}} state
 * @returns {{name: string, primaryKey?: string, properties: object}[]}
 */
function inferSchema(state) {
  return Object.keys(state)
    .map((name) => infer(name, state[name]))
    .filter((schema) => Object.keys(schema.properties).length > 0);
}

function infer(name, objects) {
  const properties = {};
  const keys = Object.keys(objects);
  for (const key of keys) {
    for (const property of Object.keys(objects[key])) {
      const spec = typeOf(objects[key][property]);
      // A number is an integer as long as no object has another kind.
      if (spec && (!properties[property] || spec.type === "double")) properties[property] = spec;
    }
  }
  const primaryKey = Object.keys(properties).find((property) =>
    keys.every((key) => String(objects[key][property]) === key),
  );
  return { name, primaryKey, properties };
}

/** @returns {object | undefined} nothing for a value that does not tell */
function typeOf(value) {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) {
    const [first] = value;
    return first && first.$link ? { type: "list", objectType: first.$link[0] } : undefined;
  }
  if (value.$link) return { type: "object", objectType: value.$link[0], optional: true };
  if (value.$date !== undefined) return { type: "date", optional: true };
  if (typeof value === "string") return { type: "string", optional: true };
  if (typeof value === "boolean") return { type: "bool", optional: true };
  return { type: Number.isInteger(value) ? "int" : "double", optional: true };
}

module.exports = { inferSchema };
