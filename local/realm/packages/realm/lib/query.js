"use strict";

/**
 * The part of Realm's query language that realm-object-server uses: comparisons of a key path with a literal or an
 * argument ($0), joined by AND and OR, in parentheses.
 */

const TOKEN =
  /\s*(?:(\()|(\))|(&&|\|\|)|(==|!=|<=|>=|=|<|>)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|\$(\d+)|(-?\d+(?:\.\d+)?)|([A-Za-z_][\w.]*))/y;

const COMPARE = {
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a !== null && b !== null && a < b,
  ">": (a, b) => a !== null && b !== null && a > b,
  "<=": (a, b) => a !== null && b !== null && a <= b,
  ">=": (a, b) => a !== null && b !== null && a >= b,
  BEGINSWITH: (a, b) => typeof a === "string" && a.startsWith(b),
  ENDSWITH: (a, b) => typeof a === "string" && a.endsWith(b),
  CONTAINS: (a, b) => typeof a === "string" && a.includes(b),
};
const LITERAL = { null: null, true: true, false: false };

function tokens(query, args) {
  const out = [];
  TOKEN.lastIndex = 0;
  while (query.slice(TOKEN.lastIndex).trim() !== "") {
    const at = TOKEN.lastIndex;
    const m = TOKEN.exec(query);
    if (!m) throw new Error(`cannot read the query ${JSON.stringify(query)} from character ${at} on`);
    if (m[1]) out.push({ is: "(" });
    else if (m[2]) out.push({ is: ")" });
    else if (m[3]) out.push({ is: m[3] === "&&" ? "AND" : "OR" });
    else if (m[4]) out.push({ is: "compare", by: m[4] === "==" ? "=" : m[4] });
    else if (m[5] !== undefined) out.push({ is: "value", value: m[5].replace(/\\(.)/g, "$1") });
    else if (m[6] !== undefined) out.push({ is: "value", value: m[6].replace(/\\(.)/g, "$1") });
    else if (m[7] !== undefined) {
      if (Number(m[7]) >= args.length) throw new Error(`the query ${JSON.stringify(query)} has no argument $${m[7]}`);
      out.push({ is: "value", value: args[Number(m[7])] });
    } else if (m[8] !== undefined) out.push({ is: "value", value: Number(m[8]) });
    else {
      const word = m[9];
      if (/^(and|or)$/i.test(word)) out.push({ is: word.toUpperCase() });
      else if (COMPARE[word.toUpperCase()]) out.push({ is: "compare", by: word.toUpperCase() });
      else if (Object.prototype.hasOwnProperty.call(LITERAL, word)) out.push({ is: "value", value: LITERAL[word] });
      else out.push({ is: "path", path: word.split(".") });
    }
  }
  return out;
}

/** Values compare by what they stand for: dates by time, objects by identity (their key), a missing value as null. */
function comparable(value) {
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return value.getTime();
  if (typeof value === "object" && typeof value.objectKey === "function") return value.objectKey();
  return value;
}

/**
 * Compiles a query to a test of one object.
 * @param {string} query
 * @param {unknown[]} args values of $0, $1, ...
 * @returns {(object: object) => boolean}
 * @throws when the query uses more of the language than this.
 */
function compile(query, args) {
  const list = tokens(query, args);
  let next = 0;
  const take = (is) => {
    const token = list[next++];
    if (!token || (is && token.is !== is))
      throw new Error(`cannot read the query ${JSON.stringify(query)}: expected ${is}`);
    return token;
  };
  const operand = () => {
    const token = take();
    if (token.is === "value") return () => comparable(token.value);
    if (token.is === "path") {
      return (object) =>
        comparable(
          token.path.reduce((value, name) => (value === null || value === undefined ? null : value[name]), object),
        );
    }
    throw new Error(`cannot read the query ${JSON.stringify(query)}: unexpected ${token.is}`);
  };
  const term = () => {
    if (list[next] && list[next].is === "(") {
      take("(");
      const inner = any();
      take(")");
      return inner;
    }
    const left = operand();
    const compare = COMPARE[take("compare").by];
    const right = operand();
    return (object) => compare(left(object), right(object));
  };
  const joined = (is, part, join) => () => {
    const parts = [part()];
    while (list[next] && list[next].is === is) {
      next++;
      parts.push(part());
    }
    return (object) => parts[join]((test) => test(object));
  };
  const all = joined("AND", term, "every");
  const any = joined("OR", all, "some");
  const test = any();
  if (next < list.length)
    throw new Error(`cannot read the query ${JSON.stringify(query)}: unexpected ${list[next].is}`);
  return test;
}

module.exports = { compile };
