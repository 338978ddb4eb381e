import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { DescribeTargetHealthCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { GetParameterCommand, InvalidInstanceId, SendCommandCommand } from "@aws-sdk/client-ssm";
import { ec2Client } from "../../gates/ec2";
import { elbClient } from "../../gates/elb";
import { ssmClient } from "../../gates/ssm";
import { wasDenied } from "../../gates/awsErrors";
import { parseCall } from "../../local/aws/api/call";
import { errorAnswer, FailingCalls, type Failing } from "../../local/aws/api/failing";

/** An AWS that fails calls as it is told, and answers the others with nothing. */
describe("a client of AWS", () => {
  const failing = new FailingCalls();
  let asked = 0;
  let aws: Server;
  let reach: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };

  beforeAll(async () => {
    aws = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        asked += 1;
        const call = parseCall("POST", request.headers, request.url!, Buffer.concat(chunks));
        const empty = call.params.has("Action") ? { body: `<${call.action}Response/>` } : { body: "{}" };
        const answer = failing.answer(call, "others") ?? { status: 200, ...empty };
        response.writeHead(answer.status, { "x-amzn-requestid": "req-1" }).end(answer.body);
      });
    });
    await new Promise<void>((resolve) => aws.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
    reach = { endpoint, region: "eu-west-1", credentials: { accessKeyId: "a", secretAccessKey: "b" } };
  });
  afterAll(() => {
    aws.closeAllConnections();
    aws.close();
  });
  beforeEach(() => {
    asked = 0;
    failing.set([]);
  });

  const calls = {
    ssm: () => ssmClient(reach).send(new GetParameterCommand({ Name: "/realm-cluster/dev/boot/consul-01" })),
    ec2: () =>
      ec2Client(reach).send(new DescribeInstancesCommand({ Filters: [{ Name: "tag:Cluster", Values: ["dev"] }] })),
    elb: () => elbClient(reach).send(new DescribeTargetHealthCommand({ TargetGroupArn: "arn:tg" })),
  };

  test.each(
    (["throttled", "internal", "unavailable"] as const).flatMap((error) =>
      (["ssm", "ec2", "elb"] as const).map((service) => [error, service] as const),
    ),
  )("asks again what is %s: %s", async (error, service) => {
    failing.set([{ error, times: 2 }]);
    await calls[service]();
    expect(asked).toBe(3);
  });

  test.each([
    [
      "ssm",
      /^ssm:GetParameter of \/realm-cluster\/dev\/boot\/consul-01 failed: AccessDeniedException: You are not authorized to perform this operation \(request req-1\)\. Whoever runs this needs ssm:GetParameter\.$/,
    ],
    [
      "ec2",
      /^ec2:DescribeInstances of tag:Cluster=dev failed: UnauthorizedOperation: .* Whoever runs this needs ec2:DescribeInstances\.$/,
    ],
    [
      "elb",
      /^elasticloadbalancing:DescribeTargetHealth of arn:tg failed: AccessDenied: .* Whoever runs this needs elasticloadbalancing:DescribeTargetHealth\.$/,
    ],
  ] as const)("asks once where it is denied, and says what is needed: %s", async (service, message) => {
    failing.set([{ error: "denied" }]);
    const error = await calls[service]().catch((denied: Error) => denied);
    expect((error as Error).message).toMatch(message);
    expect(wasDenied(error)).toBe(true);
    expect(asked).toBe(1);
  });

  test.each([
    [
      "throttled",
      /^ssm:GetParameter of \S+ failed: ThrottlingException: Rate exceeded \(asked 2 times, request req-1\)\. The account makes more calls of this kind than AWS takes/,
    ],
    ["internal", /failed: InternalServerError: .* \(asked 2 times, request req-1\)\. That is AWS's own fault/],
  ] as const)("says how often it has asked what stays %s, and what there is to do", async (error, message) => {
    failing.set([{ error }]);
    const client = ssmClient({ ...reach, maxAttempts: 2 });
    await expect(client.send(new GetParameterCommand({ Name: "/a" }))).rejects.toThrow(message);
    expect(asked).toBe(2);
  });

  test("says that AWS could not be reached, or that the credentials have run out", async () => {
    const nowhere = ssmClient({ ...reach, endpoint: "http://127.0.0.1:1", maxAttempts: 1 });
    await expect(nowhere.send(new GetParameterCommand({ Name: "/a" }))).rejects.toThrow(
      /^ssm:GetParameter of \/a failed: connect ECONNREFUSED 127.0.0.1:1. AWS could not be reached: see to the network from here/,
    );
    const expired = async () =>
      Promise.reject(Object.assign(new Error("the token has expired"), { name: "TokenProviderError" }));
    await expect(
      ssmClient({ ...reach, credentials: expired }).send(new GetParameterCommand({ Name: "/a" })),
    ).rejects.toThrow(
      "ssm:GetParameter of /a failed: TokenProviderError: the token has expired. Log in to AWS again, and run it again.",
    );
  });

  test("keeps the class of an error that tells something to whoever asked", async () => {
    const client = ssmClient(reach);
    const thrown = new InvalidInstanceId({ message: "not valid", $metadata: {} });
    client.middlewareStack.add(() => () => Promise.reject(thrown), { step: "finalizeRequest" });
    const sent = client.send(new SendCommandCommand({ DocumentName: "AWS-RunShellScript", InstanceIds: ["i-1"] }));
    await expect(sent).rejects.toThrow("ssm:SendCommand of i-1 failed: InvalidInstanceId: not valid");
    await expect(sent).rejects.toBeInstanceOf(InvalidInstanceId);
  });
});

describe("calls that are to fail", () => {
  const call = (service: string, action: string) => ({ service, action, params: new URLSearchParams(), input: {} });
  const told = (rules: Failing[], ...calls: [string, string, "hosts" | "others"][]) => {
    const failing = new FailingCalls();
    failing.set(rules);
    return calls.map(([service, action, from]) => failing.answer(call(service, action), from)?.status);
  };

  test("are those of a service, an action, a side", () => {
    const rules: Failing[] = [{ error: "throttled", service: "ssm", actions: ["GetParameters"], from: "hosts" }];
    expect(
      told(
        rules,
        ["ssm", "GetParameters", "hosts"],
        ["ssm", "GetParameters", "others"],
        ["ssm", "PutParameter", "hosts"],
        ["ec2", "GetParameters", "hosts"],
      ),
    ).toEqual([400, undefined, undefined, undefined]);
  });

  test("are the first ones, or a part of them, evenly", () => {
    const calls = Array.from({ length: 8 }, () => ["ssm", "GetParameters", "hosts"] as [string, string, "hosts"]);
    expect(told([{ error: "internal", times: 2 }], ...calls)).toEqual([
      500,
      500,
      ...Array<undefined>(6).fill(undefined),
    ]);
    const [no, yes] = [undefined, 500];
    expect(told([{ error: "internal", part: 0.25 }], ...calls)).toEqual([no, no, no, yes, no, no, no, yes]);
  });

  test("have an error that there is", () => {
    const wrong = [{ error: "tired" }] as unknown as Failing[];
    expect(() => new FailingCalls().set(wrong)).toThrow(
      "there is no error tired: throttled, internal, unavailable, denied, stale",
    );
  });

  test.each([
    ["ec2", "Action=RunInstances", 503, "<Code>RequestLimitExceeded</Code>"],
    ["iam", "Action=CreateRole", 400, "<Code>Throttling</Code>"],
    ["route53", "", 400, "<Code>Throttling</Code>"],
    ["ssm", "", 400, '"__type":"ThrottlingException"'],
  ])("fail as %s words it", (service, params, status, body) => {
    const answer = errorAnswer({ service, action: "", params: new URLSearchParams(params), input: {} }, "throttled");
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(body);
  });
});
