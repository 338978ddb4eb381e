import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { join } from "node:path";
import { describeOnHosts } from "../cluster/support";
import { EngineProject } from "./engineProject";

jest.setTimeout(900_000);

const drainTarget = join(__dirname, "../../gates/drainTarget.ts");

/** An instance behind a load balancer, with what CoreServicesNode puts beside it. */
const program = ({ userData = "one", instance = true } = {}) => `
  const vpc = new Resource("aws:ec2/vpc:Vpc", "vpc", { cidrBlock: "10.1.0.0/16" });
  const subnet = new Resource("aws:ec2/subnet:Subnet", "subnet", { vpcId: vpc.id, cidrBlock: "10.1.0.0/24", availabilityZone: "eu-west-1a" });
  const group = new Resource("aws:lb/targetGroup:TargetGroup", "group", { vpcId: vpc.id, port: 80, protocol: "HTTP" });
  exports.group = group.id;
  if (${instance}) {
    const instance = new Resource("aws:ec2/instance:Instance", "instance", {
      ami: "ami-0123456789abcdef0", instanceType: "t3.small", subnetId: subnet.id,
      userDataBase64: Buffer.from("${userData}").toString("base64"), userDataReplaceOnChange: true,
    }, [], { deleteBeforeReplace: true });
    const attachment = new Resource("aws:lb/targetGroupAttachment:TargetGroupAttachment", "attachment", { targetGroupArn: group.id, targetId: instance.id, port: 80 });
    new Resource("command:local:Command", "drain", {
      delete: "exec node --import tsx ${drainTarget}",
      environment: { HOST: "instance", INSTANCE_ID: instance.id, TARGET_GROUP_ARN: group.id },
      triggers: [instance.id, group.id],
    }, [], { dependsOn: [attachment] });
    exports.instance = instance.id;
  }
`;

describeOnHosts("what the engine does with an instance that is drained", () => {
  let project: EngineProject;
  let elb: ElasticLoadBalancingV2;

  beforeAll(async () => {
    project = await EngineProject.create();
    elb = new ElasticLoadBalancingV2(project.aws);
    project.program(program());
    expect(await project.up()).toMatchObject({ code: 0 });
  });
  afterAll(() => project?.end());

  /** What of the instance was deleted, in the order in which the deletions were over. */
  const deleted = (text: string) => [...text.matchAll(/ (drain|attachment|instance) deleted/g)].map(([, name]) => name);
  const targets = async (TargetGroupArn: string) =>
    (await elb.describeTargetHealth({ TargetGroupArn })).TargetHealthDescriptions?.map(({ Target }) => Target?.Id);

  test("a replacement drains it, detaches it and ends it, in this order, and its successor is attached", async () => {
    const before = await project.outputs();
    project.program(program({ userData: "two" }));
    const { code, text } = await project.up();
    expect(text).toMatch(/drain deleted[^]*attachment deleted[^]*instance deleted[^]*instance created/);
    expect(code).toBe(0);
    const after = await project.outputs();
    expect(after.instance).not.toBe(before.instance);
    expect(await targets(after.group as string)).toEqual([after.instance]);
  });

  test("one that is out of its group already ends as well", async () => {
    const { group, instance } = await project.outputs();
    await elb.deregisterTargets({ TargetGroupArn: group as string, Targets: [{ Id: instance as string }] });
    project.program(program({ userData: "three" }));
    expect(await project.up()).toMatchObject({ code: 0 });
    expect(await targets(group as string)).toEqual([(await project.outputs()).instance]);
  });

  test("so it is when it is not wanted any more", async () => {
    project.program(program({ instance: false }));
    const { code, text } = await project.up();
    expect(deleted(text)).toEqual(["drain", "attachment", "instance"]);
    expect(code).toBe(0);
  });

  test("and when everything is destroyed, even with the target group gone", async () => {
    project.program(program());
    expect(await project.up()).toMatchObject({ code: 0 });
    await elb.deleteTargetGroup({ TargetGroupArn: (await project.outputs()).group as string });
    const { code, text } = await project.pulumi("destroy", "--yes", "--skip-preview");
    expect(deleted(text)).toEqual(["drain", "attachment", "instance"]);
    expect(code).toBe(0);
  });
});
