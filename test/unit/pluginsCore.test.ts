import fc from "fast-check";
import { check, DEFAULTS } from "../../local/plugins/core/check";
import { equal, inputsFrom, stateFrom, withChosen } from "../../local/plugins/core/compare";
import { diff } from "../../local/plugins/core/diff";
import * as schema from "../../local/plugins/core/schema";
import {
  decode,
  encode,
  raw,
  SECRET,
  SIGNATURE,
  UNKNOWN,
  type Value,
  type Values,
} from "../../local/plugins/core/wire";
import * as sdk from "@pulumi/pulumi/runtime/rpc";

const { boolean, json, list, map, number, object, set, string } = schema;

const host: Pick<
  schema.Resource,
  "properties" | "autoname" | "conflicts" | "exactlyOneOf" | "update" | "forcesReplacement"
> = {
  properties: {
    name: string({ computed: true, forceNew: true }),
    image: string({ required: true, forceNew: true }),
    size: number({ default: 8 }),
    groups: set(string()),
    addresses: list(string(), { computed: true }),
    policy: json(),
    tags: map(string()),
    disk: object({ size: number({ computed: true }), encrypted: boolean({ forceNew: true }) }, { computed: true }),
    key: string({ secret: true }),
    keyPath: string(),
    script: string(),
    replaceOnScript: boolean({ writeOnly: true }),
    protocol: string({ oneOf: ["HTTP", "HTTPS"] }),
    arn: string({ output: true }),
  },
  autoname: { property: "name", maxLength: 20 },
  conflicts: [["key", "keyPath"]],
  forcesReplacement: (property, inputs) => property === "script" && inputs.replaceOnScript === true,
  update: async () => undefined,
};

const secret = (value: Value): Value => ({ [SIGNATURE]: SECRET, value });
const seed = Buffer.from("0123456789abcdef0123", "hex");
const checked = (news: Values, olds: Values = {}) =>
  check("test:host:Host", host, { name: "consul-01", olds, news, seed });

describe("values on the wire", () => {
  test("the special values are the SDK's", () => {
    expect([UNKNOWN, SIGNATURE, SECRET]).toEqual([sdk.unknownValue, sdk.specialSigKey, sdk.specialSecretSig]);
  });

  test("secrets come out of their wrapping, at any depth, and go back into it", () => {
    const wrapped = { plain: "a", env: { TOKEN: secret("t") }, key: secret("k") };
    const { values, secrets } = decode(wrapped);
    expect(values).toEqual({ plain: "a", env: { TOKEN: "t" }, key: "k" });
    expect(secrets).toEqual(new Set(["env", "key"]));
    expect(raw(encode(values, secrets))).toEqual({ plain: "a", env: secret({ TOKEN: "t" }), key: secret("k") });
  });

  test("any properties survive the way there and back", () => {
    const value = fc.letrec<{ value: Value }>((tie) => ({
      value: fc.oneof(
        fc.string(),
        fc.boolean(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
        fc.array(tie("value"), { maxLength: 3 }),
        fc
          .dictionary(
            fc.string({ minLength: 1 }).filter((key) => key !== "__proto__"),
            tie("value"),
            { maxKeys: 3 },
          )
          .map((v) => ({ ...v })),
      ),
    })).value;
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("a", "b", "c"), value).map((v) => ({ ...v })),
        (values) => {
          expect(decode(raw(encode(values, new Set(["a"])))).values).toEqual(values);
        },
      ),
    );
  });
});

describe("Check", () => {
  test("fills in defaults and a name of seven digits, and says which", () => {
    const { inputs, failures } = checked({ image: "ami-1" });
    expect(failures).toEqual([]);
    expect(inputs).toEqual({ image: "ami-1", size: 8, name: "consul-01-0123456", [DEFAULTS]: ["size", "name"] });
  });

  test("keeps a name that it made before, and forgets one that the program gave", () => {
    const olds = { image: "ami-1", name: "consul-01-9999999", [DEFAULTS]: ["name"] };
    expect(checked({ image: "ami-2" }, olds).inputs.name).toBe("consul-01-9999999");
    expect(checked({ image: "ami-2" }, { image: "ami-1", name: "mine" }).inputs.name).toBe("consul-01-0123456");
  });

  test("a made-up name is no longer than the service takes", () => {
    const request = { name: "a-very-long-name-of-a-resource", olds: {}, news: { image: "ami-1" }, seed };
    expect(check("t", host, request).inputs.name).toBe("a-very-long--0123456");
  });

  test.each<[string, Values, string, string]>([
    ["an unknown property", { image: "a", colour: "red" }, "colour", "has no property of this name"],
    ["an unknown property in a block", { image: "a", disk: { sise: 1 } }, "disk.sise", "has no property of this name"],
    ["a missing property", {}, "image", "needs this property"],
    ["a mistyped property", { image: 3 }, "image", "must be a string, not 3"],
    ["a mistyped element", { image: "a", groups: ["x", 3] }, "groups[1]", "must be a string, not 3"],
    ["a mistyped value of a map", { image: "a", tags: { Name: true } }, "tags.Name", "must be a string, not true"],
    ["a mistyped secret", { image: "a", key: secret(3) }, "key", "must be a string, not 3"],
    ["an output as an input", { image: "a", arn: "arn:" }, "arn", "is set by the provider"],
    [
      "a value that is not one of those allowed",
      { image: "a", protocol: "TCP" },
      "protocol",
      "must be one of HTTP, HTTPS",
    ],
    ["a policy that is no JSON", { image: "a", policy: "{" }, "policy", "must be a JSON document"],
    [
      "two properties that exclude each other",
      { image: "a", key: "k", keyPath: "p" },
      "key",
      "cannot be given together with keyPath",
    ],
  ])("refuses %s", (_, news, property, reason) => {
    expect(checked(news).failures).toEqual([{ property, reason: expect.stringContaining(reason) }]);
  });

  test("takes unknown values for anything", () => {
    expect(
      checked({ image: UNKNOWN, groups: UNKNOWN, disk: { size: UNKNOWN }, policy: `{"a":"${UNKNOWN}"}` }).failures,
    ).toEqual([]);
  });

  test("leaves secrets in their wrapping, and wraps what is always one", () => {
    expect(checked({ image: "a", script: secret("k") }).inputs.script).toEqual(secret("k"));
    expect(checked({ image: "a", key: "k" }).inputs.key).toEqual(secret("k"));
  });

  test.each<[Values, number]>([
    [{}, 1],
    [{ a: "1", b: "2" }, 1],
    [{ a: "1" }, 0],
    [{ b: UNKNOWN }, 0],
  ])("of alternatives exactly one is given: %j has %d failures", (news, failures) => {
    const row = { properties: { a: string(), b: string() }, exactlyOneOf: [["a", "b"]] };
    expect(check("t", row, { name: "n", olds: {}, news, seed }).failures).toHaveLength(failures);
  });
});

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
