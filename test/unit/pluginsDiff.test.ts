import fc from "fast-check";
import { DEFAULTS } from "../../local/plugins/core/check";
import { equal, inputsFrom, stateFrom, withChosen } from "../../local/plugins/core/compare";
import { diff } from "../../local/plugins/core/diff";
import { boolean, string } from "../../local/plugins/core/schema";
import { UNKNOWN, type Value, type Values } from "../../local/plugins/core/wire";
import { host } from "./pluginsHost";

describe("Diff", () => {
  const paths = (olds: Values, news: Values) => Object.fromEntries(diff(host, olds, news).changes);

  test("nothing changes where the meaning is the same", () => {
    const olds = {
      image: "a",
      groups: ["x", "y"],
      policy: '{"a":1,"b":[]}',
      size: 8,
      addresses: ["10.0.0.1"],
      disk: { size: 10 },
    };
    const news = { image: "a", groups: ["y", "x"], policy: '{ "b": [], "a": 1 }', size: 8, script: "", disk: {} };
    expect(diff(host, olds, news).changes.size).toBe(0);
  });

  test("tells each path, and what can be changed in place", () => {
    const change = paths(
      { image: "a", size: 8, tags: { a: "1", b: "2" } },
      { image: "a", size: 9, tags: { a: "3", c: "4" } },
    );
    expect(change).toEqual({
      size: { kind: "update", replace: false },
      "tags.a": { kind: "update", replace: false },
      "tags.b": { kind: "delete", replace: false },
      "tags.c": { kind: "add", replace: false },
    });
  });

  test("a change that needs another resource, also deep inside", () => {
    expect(diff(host, { image: "a" }, { image: "b" }).replaces).toEqual(["image"]);
    expect(
      diff(host, { image: "a", disk: { encrypted: false } }, { image: "a", disk: { encrypted: true } }).replaces,
    ).toEqual(["disk"]);
    expect(diff(host, { image: "a" }, { image: "a", disk: { size: 9 } }).replaces).toEqual([]);
  });

  test("an unknown value may be a change", () => {
    expect(paths({ image: "a" }, { image: UNKNOWN })).toEqual({ image: { kind: "update", replace: true } });
  });

  test("user data replaces only where it is asked for", () => {
    expect(diff(host, { image: "a", script: "1" }, { image: "a", script: "2" }).replaces).toEqual([]);
    expect(
      diff(host, { image: "a", script: "1" }, { image: "a", script: "2", replaceOnScript: true }).replaces,
    ).toEqual(["script"]);
  });

  test("a type that cannot be updated is replaced by any change", () => {
    expect(diff({ properties: { a: string() } }, { a: "1" }, { a: "2" }).replaces).toEqual(["a"]);
  });

  test("what keeps a name of the program's must go before it comes", () => {
    const [olds, news] = [
      { image: "a", name: "mine" },
      { image: "b", name: "mine" },
    ];
    expect(diff(host, olds, news).deleteBeforeReplace).toBe(true);
    expect(diff(host, olds, { ...news, name: "other" }).deleteBeforeReplace).toBe(false);
    expect(diff(host, { ...olds, [DEFAULTS]: ["name"] }, { ...news, [DEFAULTS]: ["name"] }).deleteBeforeReplace).toBe(
      false,
    );
    expect(diff(host, olds, { ...olds, size: 9 }).deleteBeforeReplace).toBe(false);
  });

  test("inputs that are the same never differ", () => {
    const inputs = fc.record(
      {
        image: fc.string(),
        groups: fc.array(fc.string()),
        tags: fc.dictionary(fc.string(), fc.string()),
        size: fc.integer(),
      },
      { requiredKeys: ["image"] },
    );
    fc.assert(
      fc.property(inputs, (values) => expect(diff(host, values, structuredClone(values)).changes.size).toBe(0)),
    );
  });
});

describe("what a service tells, as inputs and as state", () => {
  const actual = {
    name: "n",
    image: "a",
    groups: ["y", "x"],
    policy: '{"a": 1}',
    disk: { size: 8, encrypted: true },
    arn: "arn:",
    tags: { x: "1" },
  };

  test("a refresh keeps the program's words where they mean the same", () => {
    const known = {
      image: "a",
      groups: ["x", "y"],
      policy: '{"a":1}',
      disk: { encrypted: true },
      tags: { x: "1" },
      replaceOnScript: true,
    };
    expect(inputsFrom(host.properties, known, actual)).toEqual(known);
  });

  test("drift is told", () => {
    const known = {
      image: "a",
      groups: ["x"],
      policy: '{"a":2}',
      disk: { encrypted: false },
      tags: { x: "2", y: "1" },
      keyPath: "/k",
    };
    expect(inputsFrom(host.properties, known, actual)).toEqual({
      image: "a",
      groups: ["y", "x"],
      policy: '{"a": 1}',
      disk: { encrypted: true },
      tags: { x: "1" },
    });
  });

  test("an import gives the inputs that a program needs", () => {
    expect(inputsFrom(host.properties, undefined, actual)).toEqual({
      image: "a",
      groups: ["y", "x"],
      policy: '{"a": 1}',
      tags: { x: "1" },
    });
  });

  test("the state keeps what the service never tells, and drops what is gone", () => {
    const known = { replaceOnScript: true, script: "s", keyPath: "/k" };
    expect(stateFrom(host.properties, known, { image: "a", keyPath: undefined })).toEqual({
      image: "a",
      replaceOnScript: true,
      script: "s",
    });
  });

  test("what the provider chose is no change when the program gives it", () => {
    const state = { name: "n", image: "a", disk: { size: 8 } };
    const news = { name: "n", image: "a", disk: { size: 8 } };
    expect(diff(host, withChosen(host.properties, { image: "a", disk: {} }, state), news).changes.size).toBe(0);
    expect(diff(host, withChosen(host.properties, { image: "a" }, state), { ...news, name: "m" }).replaces).toEqual([
      "name",
    ]);
  });

  test("absent and empty mean the same, as in the real provider", () => {
    for (const empty of ["", false, 0, [], {}, undefined])
      expect(equal(string(), undefined, empty as Value)).toBe(true);
    expect(equal(boolean(), undefined, true)).toBe(false);
  });
});
