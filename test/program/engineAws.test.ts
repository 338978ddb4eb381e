import { SSM } from "@aws-sdk/client-ssm";
import { EC2 } from "@aws-sdk/client-ec2";
import { describeOnHosts } from "../cluster/support";
import { declaredInterface } from "../unit/pluginsDeclarations";
import { EngineProject } from "./engineProject";

jest.setTimeout(900_000);

describeOnHosts("the engine with the stand-in of aws, against moto", () => {
  let project: EngineProject;
  let ssm: SSM;
  let ec2: EC2;

  beforeAll(async () => {
    project = await EngineProject.create();
    ssm = new SSM(project.aws);
    ec2 = new EC2(project.aws);
    await project.pulumi("config", "set", "--path", "aws:defaultTags.tags.Owner", "ops");
  });
  afterAll(() => project?.end());

  const program = ({ cidr = "10.1.0.0/16", dns = false, value = "s3cr3t", role = "web", extra = "" } = {}) =>
    project.program(`
      const vpc = new Resource("aws:ec2/vpc:Vpc", "vpc", {
        cidrBlock: "${cidr}", enableDnsHostnames: ${dns}, tags: { Role: "${role}" },
      }, ["arn", "tagsAll"]);
      const group = new Resource("aws:ec2/securityGroup:SecurityGroup", "group", { vpcId: vpc.id }, ["name"]);
      new Resource("aws:ssm/parameter:Parameter", "parameter", { name: "/test/secret", type: "SecureString", value: "${value}" });
      exports.vpc = vpc.id;
      exports.tagsAll = vpc.tagsAll;
      exports.group = group.name;
      ${extra}
    `);
  const vpcs = async () =>
    (await ec2.describeVpcs({ Filters: [{ Name: "is-default", Values: ["false"] }] })).Vpcs ?? [];
  const inAws = async () => (await ssm.getParameter({ Name: "/test/secret", WithDecryption: true })).Parameter?.Value;

  test("a preview makes nothing; an update makes all, named and tagged as the real provider does; then nothing changes", async () => {
    program();
    expect((await project.preview()).text).toContain("+ 4 to create");
    expect(await vpcs()).toEqual([]);
    expect((await project.up()).text).toContain("+ 4 created");
    expect(await project.outputs()).toEqual({
      vpc: (await vpcs())[0].VpcId,
      tagsAll: { Role: "web", Owner: "ops" },
      group: expect.stringMatching(/^group-[0-9a-f]{7}$/),
    });
    expect((await project.preview("--expect-no-changes")).code).toBe(0);
    expect(project.state()).not.toContain("s3cr3t");
    expect(await inAws()).toBe("s3cr3t");
  });

  test("what can be changed in place is", async () => {
    const before = (await vpcs())[0];
    program({ dns: true, role: "db", value: "s3cr3t-2" });
    expect((await project.up()).text).toContain("~ 2 updated");
    const [after] = await vpcs();
    expect(after.VpcId).toBe(before.VpcId);
    expect(after.Tags).toEqual(
      expect.arrayContaining([
        { Key: "Role", Value: "db" },
        { Key: "Owner", Value: "ops" },
      ]),
    );
    expect(await inAws()).toBe("s3cr3t-2");
  });

  test("what cannot be is replaced, with what depends on it, and the old one goes", async () => {
    const before = (await vpcs())[0].VpcId;
    program({ cidr: "10.2.0.0/16", dns: true, role: "db", value: "s3cr3t-2" });
    expect((await project.up()).text).toContain("+-2 replaced");
    const after = await vpcs();
    expect(after.map(({ CidrBlock }) => CidrBlock)).toEqual(["10.2.0.0/16"]);
    expect(after[0].VpcId).not.toBe(before);
  });

  test("a refresh finds what was changed and deleted behind the engine's back, and an update mends it", async () => {
    await ec2.createTags({ Resources: [(await vpcs())[0].VpcId!], Tags: [{ Key: "Role", Value: "drifted" }] });
    await ssm.deleteParameter({ Name: "/test/secret" });
    const refreshed = await project.pulumi("refresh", "--yes", "--skip-preview");
    expect(refreshed.text).toMatch(/~ 1 updated\n.*- 1 deleted/);
    const { text } = await project.up();
    expect(text).toMatch(/\+ 1 created\n.*~ 1 updated/);
    expect((await vpcs())[0].Tags).toEqual(expect.arrayContaining([{ Key: "Role", Value: "db" }]));
    expect(await inAws()).toBe("s3cr3t-2");
  });

  test("what is there already is imported by its id, and a creation of the same name fails in AWS's words", async () => {
    await ssm.putParameter({ Name: "/test/adopted", Type: "String", Value: "there", Description: "made by hand" });
    const adopted = (options: string) => `
      new Resource("aws:ssm/parameter:Parameter", "adopted", {
        name: "/test/adopted", type: "String", value: "there", description: "made by hand",
      }, [], ${options});`;
    const rest = { cidr: "10.2.0.0/16", dns: true, role: "db", value: "s3cr3t-2" };
    program({ ...rest, extra: adopted("{}") });
    expect((await project.up()).text).toMatch(
      /creating SSM Parameter: operation error SSM: PutParameter, https response error StatusCode: 400, .*api error ParameterAlreadyExists: /,
    );
    // The tags that the provider adds are not there yet: the import takes the resource as it is.
    program({ ...rest, extra: adopted(`{ import: "/test/adopted" }`) });
    expect((await project.up()).text).toContain("= 1 imported");
    program({ ...rest, extra: adopted("{}") });
    await project.up();
    expect((await project.preview("--expect-no-changes")).code).toBe(0);
  });

  test("functions answer in the real shapes", async () => {
    const rest = { cidr: "10.2.0.0/16", dns: true, role: "db", value: "s3cr3t-2" };
    const functions = [
      "ec2/getAmiIds",
      "ec2/getSubnet",
      "ec2/getVpc",
      "index/getAvailabilityZones",
      "index/getCallerIdentity",
      "index/getPartition",
      "index/getRegion",
    ];
    const args: Record<string, string> = {
      "ec2/getAmiIds": `{ owners: ["136693071363"], filters: [{ name: "name", values: ["debian-12-*"] }] }`,
      "ec2/getSubnet": `{ filters: [{ name: "default-for-az", values: ["true"] }, { name: "availability-zone", values: ["eu-west-1a"] }] }`,
      "ec2/getVpc": `{ default: true }`,
    };
    const calls = functions.map((path) => {
      const token = `aws:${path}:${path.split("/")[1]}`;
      return `exports[${JSON.stringify(token)}] = pulumi.output(pulumi.runtime.invoke("${token}", ${args[path] ?? "{}"}));`;
    });
    program({ ...rest, extra: calls.join("\n") });
    expect((await project.up()).code).toBe(0);
    const outputs = await project.outputs();
    for (const path of functions) {
      const name = path.split("/")[1];
      const token = `aws:${path}:${name}`;
      const real = declaredInterface(token, `${name[0].toUpperCase()}${name.slice(1)}Result`);
      const told = Object.keys(outputs[token] as object);
      expect(told).toEqual(expect.arrayContaining(real.required));
      expect(real.names).toEqual(expect.arrayContaining(told));
    }
  });

  test("what was made but did not come up stays in the state, and the next update mends it", async () => {
    const rest = { cidr: "10.2.0.0/16", dns: true, role: "db", value: "s3cr3t-2" };
    const gateway = (vpc: string) =>
      `new Resource("aws:ec2/internetGateway:InternetGateway", "gateway", { vpcId: ${vpc} });`;
    program({ ...rest, extra: gateway(`"vpc-00000000"`) });
    const failed = await project.up();
    expect(failed.code).not.toBe(0);
    expect(failed.text).toContain("AttachInternetGateway");
    program({ ...rest, extra: gateway("vpc.id") });
    expect((await project.up()).text).toContain("~ 1 updated");
    const { InternetGateways = [] } = await ec2.describeInternetGateways();
    const attached = (await vpcs())[0].VpcId;
    expect(InternetGateways.map(({ Attachments }) => Attachments?.[0]?.VpcId)).toEqual([attached]);
  });

  test("a property that the type lacks is refused before anything is made", async () => {
    program({ extra: `new Resource("aws:ec2/vpc:Vpc", "other", { cidrBlock: "10.9.0.0/16", cidr: "10.9.0.0/16" });` });
    const { code, text } = await project.up();
    expect(code).not.toBe(0);
    expect(text).toMatch(/aws:ec2\/vpc:Vpc has no property of this name.*\n.*cidr|cidr.*has no property of this name/);
    expect((await vpcs()).map(({ CidrBlock }) => CidrBlock)).not.toContain("10.9.0.0/16");
  });

  test("destroy leaves nothing in AWS", async () => {
    expect((await project.pulumi("destroy", "--yes", "--skip-preview")).code).toBe(0);
    expect(await vpcs()).toEqual([]);
    await expect(inAws()).rejects.toThrow(expect.objectContaining({ name: "ParameterNotFound" }));
  });
});
