import { refusal } from "../../local/aws/iam/authorization";
import { isAllowed, type PolicyDocument, type Statement } from "../../local/aws/iam/policy";

const policy = (...statements: Statement[]): PolicyDocument => ({ Statement: statements });
const allow = (Action: string | string[], Resource: string | string[] = "*"): Statement => ({
  Effect: "Allow",
  Action,
  Resource,
});
const parameter = (name: string) => `arn:aws:ssm:eu-west-1:123456789012:parameter${name}`;

describe("policies", () => {
  test.each([
    ["no policy", [], false],
    ["the action by name", [policy(allow("ssm:GetParameter"))], true],
    ["the action in other case", [policy(allow("SSM:getparameter"))], true],
    ["the action by pattern", [policy(allow("ssm:Get*"))], true],
    ["another action", [policy(allow("ssm:PutParameter"))], false],
    ["the resource by pattern", [policy(allow("ssm:*", parameter("/a/*")))], true],
    ["another resource", [policy(allow("ssm:*", parameter("/b/*")))], false],
    ["a dot is a dot", [policy(allow("ssm:GetParameter", parameter("/a.key")))], false],
    ["all but another action", [policy({ Effect: "Allow", NotAction: "iam:*", Resource: "*" })], true],
    [
      "all but this resource",
      [policy({ ...allow("ssm:*"), Resource: undefined, NotResource: parameter("/a/key") })],
      false,
    ],
    ["a denial elsewhere", [policy(allow("*")), policy({ Effect: "Deny", Action: "ssm:*", Resource: "*" })], false],
    ["a condition", [policy({ ...allow("*"), Condition: { Bool: {} } })], false],
    ["a condition on what is not known", [policy({ ...allow("*"), Condition: { StringEquals: { key: "" } } })], false],
  ])("%s", (_name, policies, expected) => {
    expect(isAllowed(policies, "ssm:GetParameter", parameter("/a/key"))).toBe(expected);
  });
});

describe("a host's call", () => {
  const call = (action: string, input = {}, service = "ssm") => ({
    ...{ service, action, input },
    params: new URLSearchParams(),
  });
  const policies = [policy(allow(["ssm:GetParameter", "ssm:GetParameters"], parameter("/secrets/own")))];
  const ask = (of: ReturnType<typeof call>) => refusal(of, policies, "eu-west-1", "User: role");

  test("reads the parameter that its role names, and no other", () => {
    expect(ask(call("GetParameter", { Name: "/secrets/own" }))).toBeUndefined();
    expect(ask(call("GetParameter", { Name: "/secrets/own:3" }))).toBeUndefined();
    expect(ask(call("GetParameter", { Name: parameter("/secrets/own") }))).toBeUndefined();
    expect(ask(call("GetParameter", { Name: "/secrets/other" }))).toContain(
      `User: role is not authorized to perform: ssm:GetParameter on resource: ${parameter("/secrets/other")}`,
    );
  });

  test("is refused if any of several is not allowed", () => {
    expect(ask(call("GetParameters", { Names: ["/secrets/own"] }))).toBeUndefined();
    expect(ask(call("GetParameters", { Names: ["/secrets/own", "/secrets/other"] }))).toContain("/secrets/other");
  });

  test("puts metrics into the namespace that its role names, and lines into the log group", () => {
    const group = "arn:aws:logs:eu-west-1:123456789012:log-group:/realm-cluster/dev:*";
    const watched = [
      policy(
        {
          ...allow("cloudwatch:PutMetricData"),
          Condition: { StringEquals: { "cloudwatch:namespace": "realm-cluster/dev" } },
        },
        allow("logs:PutLogEvents", group),
      ),
    ];
    const put = (Namespace: string) =>
      refusal(call("PutMetricData", { Namespace }, "monitoring"), watched, "eu-west-1", "User: role");
    expect(put("realm-cluster/dev")).toBeUndefined();
    expect(put("realm-cluster/other")).toContain("not authorized to perform: cloudwatch:PutMetricData");
    const log = (logGroupName: string) =>
      refusal(call("PutLogEvents", { logGroupName, logStreamName: "a" }, "logs"), watched, "eu-west-1", "User: role");
    expect(log("/realm-cluster/dev")).toBeUndefined();
    expect(log("/realm-cluster/other")).toContain("log-group:/realm-cluster/other:log-stream:a");
  });

  test("is judged by its action where its resource is not known", () => {
    expect(ask(call("DescribeInstances", {}, "ec2"))).toContain("ec2:DescribeInstances");
    expect(ask(call("GetCallerIdentity", {}, "sts"))).toBeUndefined();
  });
});
