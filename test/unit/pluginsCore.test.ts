import fc from "fast-check";
import { check, DEFAULTS } from "../../local/plugins/core/check";
import { string } from "../../local/plugins/core/schema";
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
import { host, secret } from "./pluginsHost";

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
