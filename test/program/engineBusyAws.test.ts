import { EC2 } from "@aws-sdk/client-ec2";
import { describeOnHosts } from "../cluster/support";
import { AwsProxy } from "./awsProxy";
import { EngineProject } from "./engineProject";

jest.setTimeout(900_000);

describeOnHosts("the engine, while AWS fails calls", () => {
  let project: EngineProject;
  let proxy: AwsProxy;
  beforeAll(async () => {
    project = await EngineProject.create({
      ...EngineProject.scratch,
      front: async (moto) => (proxy = await AwsProxy.start(moto)).endpoint,
    });
    // One call of each of the protocols: of EC2, of forms, of JSON, of Route 53.
    project.program(`
      const vpc = new Resource("aws:ec2/vpc:Vpc", "vpc", { cidrBlock: "10.1.0.0/16" });
      new Resource("aws:ec2/securityGroup:SecurityGroup", "group", { vpcId: vpc.id });
      new Resource("aws:iam/role:Role", "role", {
        assumeRolePolicy: JSON.stringify({ Version: "2012-10-17", Statement: [] }),
      });
      new Resource("aws:sns/topic:Topic", "topic", { displayName: "a topic" });
      new Resource("aws:cloudwatch/logGroup:LogGroup", "logs", { name: "/logs", retentionInDays: 7 });
      new Resource("aws:ssm/parameter:Parameter", "parameter", { name: "/test/one", type: "String", value: "one" });
      new Resource("aws:route53/zone:Zone", "zone", { name: "a.test", vpcs: [{ vpcId: vpc.id }] });
    `);
  });
  afterAll(async () => {
    await project?.end();
    proxy?.end();
  });

  afterEach(() => void proxy?.failing.set([]));

  const groups = async () =>
    (await new EC2(project.aws).describeSecurityGroups({ Filters: [{ Name: "group-name", Values: ["group-*"] }] }))
      .SecurityGroups;

  test("gives up what AWS goes on to refuse, with its words", async () => {
    await project.pulumi("config", "set", "aws:maxRetries", "1");
    proxy.failing.set([{ error: "throttled" }]);
    const { code, text } = await project.up();
    await project.pulumi("config", "rm", "aws:maxRetries");
    expect(code).not.toBe(0);
    const told = [
      "creating EC2 Vpc: operation error EC2: CreateVpc, https response error StatusCode: 503, .*RequestLimitExceeded",
      "creating IAM Role: operation error IAM: CreateRole, https response error StatusCode: 400, .*Throttling",
      "creating SNS Topic: operation error SNS: CreateTopic, https response error StatusCode: 400, .*Throttling",
      "creating SSM Parameter: operation error SSM: PutParameter, https response error StatusCode: 400, .*ThrottlingException",
    ];
    for (const error of told) expect(text).toMatch(new RegExp(`${error}: Rate exceeded`));
  });

  test("says which call of which resource is not allowed, and the next update makes what is missing", async () => {
    proxy.failing.set([{ error: "denied", service: "ec2", actions: ["CreateSecurityGroup"] }]);
    const failed = await project.up();
    expect(failed.code).not.toBe(0);
    expect(failed.text).toMatch(
      /aws:ec2:SecurityGroup \(group\):\n +error: creating EC2 SecurityGroup: operation error EC2: CreateSecurityGroup, .*StatusCode: 403, .*UnauthorizedOperation: You are not authorized to perform this operation/,
    );
    expect(await groups()).toEqual([]);
    proxy.failing.set([]);
    expect((await project.up()).text).toContain("+ 1 created");
    expect(await groups()).toHaveLength(1);
  });

  test("asks again what AWS refuses for the moment, of every service, and ends well", async () => {
    proxy.failing.set([
      { error: "throttled", part: 0.25 },
      { error: "unavailable", part: 0.2 },
      { error: "internal", part: 0.1 },
    ]);
    expect(await project.pulumi("destroy", "--yes", "--skip-preview")).toMatchObject({ code: 0 });
    expect((await project.up()).text).toContain("+ 8 created");
    expect(await groups()).toHaveLength(1);
    expect(proxy.failing.set([]).others).toBeGreaterThan(0);
  });
});
