import { aws } from "../../local/plugins/aws/package";
import { command } from "../../local/plugins/command/package";
import type { Package, Properties } from "../../local/plugins/core/schema";
import { random } from "../../local/plugins/random/package";
import { tls } from "../../local/plugins/tls/package";
import { declaredInterface, sentTokens } from "./pluginsDeclarations";

const packages = [aws, command, random, tls] as unknown as Package[];
const resources = Object.assign({}, ...packages.map((definition) => definition.resources)) as Package["resources"];
const invokes = Object.assign({}, ...packages.map((definition) => definition.invokes)) as Package["invokes"];

const typeOf = (token: string) => token.split(":")[2];
const inputs = (properties: Properties) =>
  Object.fromEntries(Object.entries(properties).filter(([, { output }]) => !output));

describe.each(Object.keys(resources))("%s", (token) => {
  const { properties, autoname, conflicts = [], exactlyOneOf = [] } = resources[token];

  test("is a type that the real SDK sends", () => {
    expect(sentTokens(token)).toContain(token);
  });

  test("takes only inputs that the real type has, of the same types, and all that it requires", () => {
    const real = declaredInterface(token, `${typeOf(token)}Args`);
    expect(real.differences(inputs(properties))).toEqual([]);
    expect(Object.keys(inputs(properties))).toEqual(expect.arrayContaining(real.required));
  });

  test("tells only outputs that the real type has, of the same types", () => {
    const optional = Object.entries(properties).map(
      ([name, property]) => [name, { ...property, output: true }] as const,
    );
    // The command SDK declares no state, only the class.
    const real = declaredInterface(token, token.startsWith("command:") ? typeOf(token) : `${typeOf(token)}State`);
    expect(real.differences(Object.fromEntries(optional))).toEqual([]);
  });

  test("names only its own properties in its rules", () => {
    const named = [...conflicts, ...exactlyOneOf].flat().concat(autoname ? [autoname.property] : []);
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(named));
  });
});

test.each(Object.keys(invokes))("%s is a function that the real SDK calls, with its arguments", (token) => {
  const name = typeOf(token);
  expect(sentTokens(token)).toContain(token);
  const real = declaredInterface(token, `${name[0].toUpperCase()}${name.slice(1)}Args`);
  expect(real.differences(invokes[token].arguments)).toEqual([]);
});

test("a property that the real type lacks, or has of another type, is found", () => {
  const vpc = declaredInterface("aws:ec2/vpc:Vpc", "VpcArgs");
  const subnet = declaredInterface("aws:ec2/subnet:Subnet", "SubnetArgs");
  const instance = declaredInterface("aws:ec2/instance:Instance", "InstanceArgs");
  expect(vpc.differences({ cidr: { type: "string" } })).toEqual(["cidr is not declared"]);
  expect(vpc.differences({ cidrBlock: { type: "number" } })).toEqual(["cidrBlock is string, not number"]);
  expect(vpc.differences({ tags: { type: "map", of: { type: "number" } } })).toEqual(["tags.* is string, not number"]);
  expect(subnet.differences({ vpcId: { type: "string" } })).toEqual(["vpcId is required"]);
  const nested = { type: "object", fields: { httpToken: { type: "string" } } } as const;
  expect(instance.differences({ metadataOptions: nested })).toEqual(["metadataOptions.httpToken is not declared"]);
});
