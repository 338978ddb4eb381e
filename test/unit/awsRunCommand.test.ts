import type { PolicyDocument } from "../../local/aws/iam/policy";
import { isManaged } from "../../local/aws/ssm/agent";
import { commandAnswer, invocationAnswer, listedInvocation } from "../../local/aws/ssm/answers";
import { parseSendCommand } from "../../local/aws/ssm/request";
import { RunCommand } from "../../local/aws/ssm/runCommand";
import type { CommandResult } from "../../local/process";
import { cloud, instance } from "./awsCloud";

const allow = (...Action: string[]): PolicyDocument => ({ Statement: { Effect: "Allow", Action, Resource: "*" } });
const modern = [allow("ssm:UpdateInstanceInformation", "ssmmessages:*")];
const old = [allow("ssm:UpdateInstanceInformation", "ec2messages:*")];

describe("an instance's SSM agent", () => {
  const a = instance("i-a");
  const lonely = instance("i-b", { subnetId: "subnet-b" });
  const endpoint = (service: string) => ({ id: service, vpcId: "vpc-1", service, subnetIds: ["subnet-b"], groups: [] });
  const endpoints = (...services: string[]) => cloud({ endpoints: services.map(endpoint) });

  test.each([
    ["by the message gateway", a, modern, cloud(), true],
    ["by the older service", a, old, cloud(), true],
    ["without a role", a, [], cloud(), false],
    ["with half of a channel", a, [allow("ssm:UpdateInstanceInformation", "ssmmessages:Create*")], cloud(), false],
    ["without leave to register", a, [allow("ssmmessages:*")], cloud(), false],
    ["in a subnet that leads nowhere", lonely, modern, cloud(), false],
    ["through endpoints", lonely, modern, endpoints("ssm", "ssmmessages"), true],
    ["with an endpoint of the other channel", lonely, modern, endpoints("ssm", "ec2messages"), false],
    ["without an endpoint of ssm", lonely, modern, endpoints("ssmmessages"), false],
  ])("%s", (_how, which, policies, where, expected) => {
    expect(isManaged(which, policies, where)).toBe(expected);
  });
});

describe("SendCommand", () => {
  const input = { DocumentName: "AWS-RunShellScript", InstanceIds: ["i-a"], Parameters: { commands: ["one", "two"] } };

  test("takes the script's lines, and AWS's defaults", () => {
    expect(parseSendCommand(input)).toMatchObject({
      script: "one\ntwo",
      executionTimeout: 3600,
      deliveryTimeout: 3600,
    });
  });

  test.each([
    ["another document", { DocumentName: "AWS-RunPatchBaseline" }, "InvalidDocument"],
    ["no commands", { Parameters: {} }, "InvalidParameters"],
    ["a parameter that the document has not", { Parameters: { commands: ["x"], shell: ["y"] } }, "InvalidParameters"],
    ["commands that are no list", { Parameters: { commands: "x" } }, "ValidationException"],
    ["no time at all", { Parameters: { commands: ["x"], executionTimeout: ["0"] } }, "ValidationException"],
    ["less time to deliver than AWS takes", { TimeoutSeconds: 29 }, "ValidationException"],
    ["neither instances nor targets", { InstanceIds: undefined }, "ValidationException"],
    ["both", { Targets: [{ Key: "tag:Name", Values: ["x"] }] }, "ValidationException"],
    [
      "a target that is not known",
      { InstanceIds: [], Targets: [{ Key: "resource-groups:Name", Values: [] }] },
      "InvalidTarget",
    ],
    ["what is not done here", { OutputS3BucketName: "bucket" }, "ValidationException"],
  ])("refuses %s", (_what, change, code) => {
    expect(() => parseSendCommand({ ...input, ...change })).toThrow(expect.objectContaining({ code }));
  });
});

describe("Run Command", () => {
  let finish: (result: CommandResult | Error) => void;
  let asked: string[][];
  const hosts = {
    cloud: () =>
      cloud({
        instances: [
          instance("i-a", { tags: { Name: "a", Role: "worker" } }),
          instance("i-b", { tags: { Role: "worker" } }),
          instance("i-off", { state: "stopped", tags: { Role: "worker" } }),
        ],
      }),
    isOn: (id: string) => id !== "i-off",
    exec: (id: string, command: string[]) => {
      asked.push([id, ...command]);
      return new Promise<CommandResult>((resolve, reject) => {
        finish = (result) => (result instanceof Error ? reject(result) : resolve(result));
      });
    },
  };
  let commands: RunCommand;
  beforeEach(() => {
    asked = [];
    commands = new RunCommand(hosts, async () => modern);
  });
  const send = (where: object, parameters = {}) =>
    commands.send({
      DocumentName: "AWS-RunShellScript",
      Parameters: { commands: ["hostname"], ...parameters },
      ...where,
    });
  const answer = (id: string) => {
    const { command, invocation } = commands.invocation(id, "i-a");
    return invocationAnswer(command, invocation);
  };
  const ended = () => new Promise((resolve) => setImmediate(resolve));

  test.each([
    [{ code: 0, stdout: "out", stderr: "" }, "Success", "Success", 0],
    [{ code: 3, stdout: "", stderr: "no" }, "Failed", "Failed", 3],
    [new Error("the host is gone"), "Failed", "Undeliverable", -1],
    // Killed, but not for its time.
    [{ code: 137, stdout: "", stderr: "" }, "Failed", "Failed", 137],
  ])("is in progress, and then %j: %s", async (result, Status, StatusDetails, ResponseCode) => {
    const { id } = await send({ InstanceIds: ["i-a"] });
    expect(answer(id)).toMatchObject({ Status: "InProgress", ResponseCode: -1, ExecutionEndDateTime: "" });
    expect(commandAnswer(commands.list(id)[0])).toMatchObject({ Status: "InProgress", CompletedCount: 0 });
    finish(result);
    await ended();
    expect(answer(id)).toMatchObject({ Status, StatusDetails, ResponseCode });
    const ErrorCount = Status === "Success" ? 0 : 1;
    expect(commandAnswer(commands.list(id)[0])).toMatchObject({ Status, CompletedCount: 1, ErrorCount });
  });

  test("is late when it was killed at its time", async () => {
    jest.spyOn(performance, "now").mockReturnValueOnce(0).mockReturnValueOnce(2000);
    const { id } = await send({ InstanceIds: ["i-a"] }, { executionTimeout: ["2"] });
    expect(asked[0].at(-1)).toBe("2");
    finish({ code: 137, stdout: "so far", stderr: "" });
    await ended();
    expect(answer(id)).toMatchObject({
      Status: "TimedOut",
      StatusDetails: "ExecutionTimedOut",
      StandardOutputContent: "so far",
    });
  });

  test("is not late when it ended by itself at the last moment", async () => {
    jest.spyOn(performance, "now").mockReturnValueOnce(0).mockReturnValueOnce(2000);
    const { id } = await send({ InstanceIds: ["i-a"] }, { executionTimeout: ["2"] });
    finish({ code: 0, stdout: "", stderr: "" });
    await ended();
    expect(answer(id)).toMatchObject({ Status: "Success" });
  });

  test("shows as much of the output as AWS does", async () => {
    const { id } = await send({ InstanceIds: ["i-a"] });
    finish({ code: 0, stdout: "o".repeat(24_001), stderr: "e".repeat(8_000) });
    await ended();
    const { StandardOutputContent, StandardErrorContent } = answer(id);
    expect(StandardOutputContent).toHaveLength(24_000);
    expect(StandardOutputContent).toMatch(/o\n---Output truncated---$/);
    expect(StandardErrorContent).toBe("e".repeat(8_000));
    const [command] = commands.list(id);
    const listed = (details: boolean) => listedInvocation(command, command.invocations[0], details).CommandPlugins;
    expect(listed(false)).toEqual([]);
    expect(listed(true)[0].Output).toHaveLength(2_500);
  });

  test.each([
    ["tag:Role", ["worker"], ["i-a", "i-b"]],
    ["tag:Name", ["a", "none"], ["i-a"]],
    ["InstanceIds", ["i-b", "i-off"], ["i-b"]],
    ["tag:Name", ["none"], []],
  ])("goes to the targets %s=%j", async (Key, Values, expected) => {
    const command = await send({ Targets: [{ Key, Values }] });
    expect(command.invocations.map(({ instanceId }) => instanceId)).toEqual(expected);
    expect(commandAnswer(command).StatusDetails).toBe(expected.length > 0 ? "InProgress" : "NoInstancesInTag");
  });

  test.each(["i-off", "i-none"])("refuses %s by name, and runs on none", async (id) => {
    const refused = send({ InstanceIds: ["i-a", id] });
    await expect(refused).rejects.toMatchObject({
      code: "InvalidInstanceId",
      message: `Instances [[${id}]] not in a valid state for account 123456789012`,
    });
    expect(asked).toEqual([]);
  });

  test("refuses to tell of what was not sent", async () => {
    const { id } = await send({ InstanceIds: ["i-a"] });
    const refusal = (code: string) => expect.objectContaining({ code });
    expect(() => commands.invocation(id, "i-b")).toThrow(refusal("InvocationDoesNotExist"));
    expect(() => commands.invocation("none", "i-a")).toThrow(refusal("InvocationDoesNotExist"));
    expect(() => commands.list("none")).toThrow(refusal("InvalidCommandId"));
    expect(commands.list(undefined, "i-b")).toEqual([]);
  });
});
