import { aws } from "../../local/plugins/aws/package";
import { describeOnHosts } from "../cluster/support";
import { EngineProject } from "./engineProject";

jest.setTimeout(900_000);

const assume = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** One of every type, some of it after `edition`: what can be changed in place changes with it. */
const program = (edition: number) => `
  const tags = { Edition: "${edition}" };
  const at = (path, name, inputs, outputs, options) => new Resource("aws:" + path + ":" + name, name + (options?.as ?? ""), inputs, outputs, options?.opts);
  const vpc = at("ec2/vpc", "Vpc", { cidrBlock: "10.1.0.0/16", enableDnsHostnames: ${edition === 2}, tags });
  const internet = at("ec2/internetGateway", "InternetGateway", { vpcId: vpc.id, tags });
  const zone = (letter, third) => at("ec2/subnet", "Subnet", {
    vpcId: vpc.id, cidrBlock: "10.1." + third + ".0/24", availabilityZone: "eu-west-1" + letter, mapPublicIpOnLaunch: ${edition === 2}, tags,
  }, [], { as: letter });
  const [a, b] = [zone("a", 0), zone("b", 1)];
  const table = at("ec2/routeTable", "RouteTable", { vpcId: vpc.id, tags });
  at("ec2/routeTableAssociation", "RouteTableAssociation", { routeTableId: table.id, subnetId: a.id });
  const address = at("ec2/eip", "Eip", { domain: "vpc", tags }, ["publicIp"]);
  const nat = at("ec2/natGateway", "NatGateway", { allocationId: address.id, subnetId: a.id, tags });
  at("ec2/route", "Route", {
    routeTableId: table.id, destinationCidrBlock: "0.0.0.0/0", ...(${edition === 2} ? { natGatewayId: nat.id } : { gatewayId: internet.id }),
  });
  const group = at("ec2/securityGroup", "SecurityGroup", { vpcId: vpc.id, tags });
  at("vpc/securityGroupIngressRule", "SecurityGroupIngressRule", {
    securityGroupId: group.id, ipProtocol: "tcp", fromPort: 80, toPort: ${79 + edition}, cidrIpv4: "10.0.0.0/8", description: "web", tags,
  });
  at("vpc/securityGroupEgressRule", "SecurityGroupEgressRule", { securityGroupId: group.id, ipProtocol: "-1", referencedSecurityGroupId: group.id, tags });
  at("ec2/networkInterface", "NetworkInterface", {
    subnetId: a.id, privateIps: ["10.1.0.10"], securityGroups: [group.id], description: "edition ${edition}", tags,
  });
  const role = at("iam/role", "Role", { assumeRolePolicy: ${JSON.stringify(assume)}, description: "edition ${edition}", tags }, ["name"]);
  at("iam/rolePolicy", "RolePolicy", {
    role: role.name,
    policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "ssm:GetParameter", Resource: "*", Sid: "Edition${edition}" }] }),
  });
  at("iam/rolePolicyAttachment", "RolePolicyAttachment", { role: role.name, policyArn: "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore" });
  const profile = at("iam/instanceProfile", "InstanceProfile", { role: role.name, tags }, ["name"]);
  const disk = at("ebs/volume", "Volume", { availabilityZone: "eu-west-1a", size: ${8 + edition}, type: "gp3", encrypted: true, tags });
  const host = at("ec2/instance", "Instance", {
    ami: "ami-0123456789abcdef0", instanceType: "t3.small", subnetId: a.id, vpcSecurityGroupIds: [group.id], iamInstanceProfile: profile.name,
    userDataBase64: Buffer.from("edition ${edition}").toString("base64"), userDataReplaceOnChange: true,
    metadataOptions: { httpTokens: "required", instanceMetadataTags: "enabled" },
    rootBlockDevice: { volumeSize: 10, volumeType: "gp3", encrypted: true, tags }, tags,
  }, ["privateIp"], { opts: { deleteBeforeReplace: true } });
  at("ec2/volumeAttachment", "VolumeAttachment", {
    deviceName: "/dev/sdf", instanceId: host.id, volumeId: disk.id, stopInstanceBeforeDetaching: true,
  });
  at("ec2/vpcEndpoint", "VpcEndpoint", {
    vpcId: vpc.id, serviceName: "com.amazonaws.eu-west-1.ssm", vpcEndpointType: "Interface", subnetIds: [a.id], securityGroupIds: [group.id], privateDnsEnabled: true, tags,
  });
  at("ssm/parameter", "Parameter", { name: "/types/edition", type: "String", value: "${edition}", tags });
  at("cloudwatch/logGroup", "LogGroup", { name: "/types", retentionInDays: ${7 * edition}, tags });
  const topic = at("sns/topic", "Topic", { displayName: "edition ${edition}", tags });
  at("sns/topicSubscription", "TopicSubscription", { topic: topic.id, protocol: "email", endpoint: "types@example.com" });
  at("cloudwatch/metricAlarm", "MetricAlarm", {
    alarmDescription: "edition ${edition}", namespace: "AWS/EC2", metricName: "StatusCheckFailed_System", dimensions: { InstanceId: host.id },
    statistic: "Maximum", period: 60, evaluationPeriods: ${edition}, threshold: 1, comparisonOperator: "GreaterThanOrEqualToThreshold",
    treatMissingData: "breaching", alarmActions: [topic.id], okActions: [topic.id], tags,
  });
  at("cloudwatch/dashboard", "Dashboard", { dashboardName: "types", dashboardBody: JSON.stringify({ widgets: [], start: "-PT${edition}H" }) });
  const names = at("route53/zone", "Zone", { name: "types.example.com", comment: "edition ${edition}", tags });
  at("route53/record", "Record", { zoneId: names.id, name: "host.types.example.com", type: "A", ttl: ${60 * edition}, records: ["10.1.0.10"] });
  const balancer = at("lb/loadBalancer", "LoadBalancer", { securityGroups: [group.id], subnets: [a.id, b.id], idleTimeout: ${60 * edition}, tags });
  const targets = at("lb/targetGroup", "TargetGroup", {
    vpcId: vpc.id, port: 80, protocol: "HTTP", deregistrationDelay: ${30 * edition}, healthCheck: { path: "/health", interval: ${10 * edition} }, tags,
  });
  at("lb/targetGroupAttachment", "TargetGroupAttachment", { targetGroupArn: targets.id, targetId: host.id, port: 80 });
  at("lb/listener", "Listener", {
    loadBalancerArn: balancer.id, port: ${79 + edition}, protocol: "HTTP", defaultActions: [{ type: "forward", targetGroupArn: targets.id }], tags,
  });
`;

describeOnHosts("every type of the stand-in of aws, against moto", () => {
  let project: EngineProject;
  beforeAll(async () => (project = await EngineProject.create()));
  afterAll(() => project?.end());

  const untouched = () => project.pulumi("refresh", "--yes", "--skip-preview", "--diff", "--expect-no-changes");

  test("the program below has one of each", () => {
    for (const token of Object.keys(aws.resources)) {
      const [, path, name] = token.split(":");
      expect(program(1)).toContain(`at("${path}", "${name}"`);
    }
  });

  test("is made, and neither the program nor AWS then asks for a change", async () => {
    project.program(program(1));
    const made = await project.up();
    expect(made.text).toContain("+ 34 created");
    expect(made.code).toBe(0);
    expect(await project.preview("--expect-no-changes")).toMatchObject({ code: 0 });
    expect(await untouched()).toMatchObject({ code: 0 });
  });

  test("is changed in place where it can be, as AWS then tells", async () => {
    project.program(program(2));
    const changed = await project.up();
    // The instance has other user data; what hangs on it comes along.
    expect(changed.text).toMatch(/~ 27 updated\n.*\+-3 replaced/);
    expect(changed.code).toBe(0);
    expect(await untouched()).toMatchObject({ code: 0 });
  });

  test("is deleted", async () => {
    expect(await project.pulumi("destroy", "--yes", "--skip-preview")).toMatchObject({ code: 0 });
  });
});
