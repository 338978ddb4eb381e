/** aws:ec2/vpc:Vpc, aws:ec2/subnet:Subnet and aws:ec2/internetGateway:InternetGateway. */
import { boolean, string } from "../../core/schema";
import type { Values } from "../../core/wire";
import type { Aws } from "../context";
import { tagState } from "../resource";
import { retrying, until } from "../wait";
import { ec2Resource, tagSpecifications } from "./tags";

/** What the service answers while something still hangs on what is to be deleted. */
const IN_USE = ["DependencyViolation"];

/** A virtual private cloud. */
export const vpc = ec2Resource({
  properties: {
    cidrBlock: string({ computed: true, forceNew: true }),
    enableDnsHostnames: boolean({ computed: true }),
    enableDnsSupport: boolean({ default: true }),
    instanceTenancy: string({ default: "default", oneOf: ["default", "dedicated"] }),
    arn: string({ output: true }),
    defaultNetworkAclId: string({ output: true }),
    defaultRouteTableId: string({ output: true }),
    defaultSecurityGroupId: string({ output: true }),
    dhcpOptionsId: string({ output: true }),
    mainRouteTableId: string({ output: true }),
    ownerId: string({ output: true }),
  },
  async create(aws, inputs) {
    const ec2 = await aws.ec2();
    const { Vpc } = await ec2.createVpc({
      CidrBlock: inputs.cidrBlock as string,
      InstanceTenancy: inputs.instanceTenancy as "default",
      ...tagSpecifications(aws, "vpc", inputs),
    });
    return { id: Vpc!.VpcId! };
  },
  async ready(aws, id, inputs) {
    const ec2 = await aws.ec2();
    await until(aws, `EC2 VPC (${id}) create`, 10, async () => {
      const state = (await ec2.describeVpcs({ VpcIds: [id] })).Vpcs?.[0]?.State ?? "";
      return state === "available" ? { done: true } : { done: false, state };
    });
    await setDns(aws, id, inputs, new Set(["enableDnsSupport", "enableDnsHostnames"]));
  },
  async read(aws, id, known) {
    const ec2 = await aws.ec2();
    const { Vpcs: [found] = [] } = await ec2.describeVpcs({ VpcIds: [id] });
    if (!found) return undefined;
    const of = { Filters: [{ Name: "vpc-id", Values: [id] }] };
    const [support, hostnames, groups, tables, acls] = await Promise.all([
      ec2.describeVpcAttribute({ VpcId: id, Attribute: "enableDnsSupport" }),
      ec2.describeVpcAttribute({ VpcId: id, Attribute: "enableDnsHostnames" }),
      ec2.describeSecurityGroups(of),
      ec2.describeRouteTables(of),
      ec2.describeNetworkAcls(of),
    ]);
    const main = tables.RouteTables?.find(({ Associations }) => Associations?.some(({ Main }) => Main))?.RouteTableId;
    return {
      arn: await aws.arn("ec2", `vpc/${id}`, found.OwnerId),
      cidrBlock: found.CidrBlock,
      dhcpOptionsId: found.DhcpOptionsId,
      instanceTenancy: found.InstanceTenancy,
      ownerId: found.OwnerId,
      enableDnsSupport: support.EnableDnsSupport?.Value,
      enableDnsHostnames: hostnames.EnableDnsHostnames?.Value,
      defaultSecurityGroupId: groups.SecurityGroups?.find(({ GroupName }) => GroupName === "default")?.GroupId,
      defaultNetworkAclId: acls.NetworkAcls?.find(({ IsDefault }) => IsDefault)?.NetworkAclId,
      defaultRouteTableId: main,
      mainRouteTableId: main,
      ...tagState(aws, found.Tags, known),
    };
  },
  async update(aws, id, { inputs, changed }) {
    await setDns(aws, id, inputs, changed);
    if (changed.has("instanceTenancy")) {
      await (await aws.ec2()).modifyVpcTenancy({ VpcId: id, InstanceTenancy: inputs.instanceTenancy as "default" });
    }
  },
  async delete(aws, id) {
    const ec2 = await aws.ec2();
    await retrying(aws, IN_USE, 5, () => ec2.deleteVpc({ VpcId: id }));
  },
});

/** The API takes one attribute a call. */
async function setDns(aws: Aws, id: string, inputs: Values, changed: ReadonlySet<string>): Promise<void> {
  const ec2 = await aws.ec2();
  const { enableDnsSupport: support, enableDnsHostnames: hostnames } = inputs;
  if (changed.has("enableDnsSupport") && typeof support === "boolean") {
    await ec2.modifyVpcAttribute({ VpcId: id, EnableDnsSupport: { Value: support } });
  }
  if (changed.has("enableDnsHostnames") && typeof hostnames === "boolean") {
    await ec2.modifyVpcAttribute({ VpcId: id, EnableDnsHostnames: { Value: hostnames } });
  }
}

/** A subnet in one availability zone. */
export const subnet = ec2Resource({
  properties: {
    vpcId: string({ required: true, forceNew: true }),
    cidrBlock: string({ forceNew: true }),
    availabilityZone: string({ computed: true, forceNew: true }),
    mapPublicIpOnLaunch: boolean({ default: false }),
    arn: string({ output: true }),
    availabilityZoneId: string({ output: true }),
    ownerId: string({ output: true }),
  },
  async create(aws, inputs) {
    const { Subnet } = await (
      await aws.ec2()
    ).createSubnet({
      VpcId: inputs.vpcId as string,
      CidrBlock: inputs.cidrBlock as string,
      AvailabilityZone: inputs.availabilityZone as string | undefined,
      ...tagSpecifications(aws, "subnet", inputs),
    });
    return { id: Subnet!.SubnetId! };
  },
  async ready(aws, id, inputs) {
    const ec2 = await aws.ec2();
    await until(aws, `EC2 Subnet (${id}) create`, 10, async () => {
      const state = (await ec2.describeSubnets({ SubnetIds: [id] })).Subnets?.[0]?.State ?? "";
      return state === "available" ? { done: true } : { done: false, state };
    });
    if (inputs.mapPublicIpOnLaunch === true) await mapPublicIp(aws, id, true);
  },
  async read(aws, id, known) {
    const { Subnets: [found] = [] } = await (await aws.ec2()).describeSubnets({ SubnetIds: [id] });
    return (
      found && {
        arn: found.SubnetArn ?? (await aws.arn("ec2", `subnet/${id}`, found.OwnerId)),
        availabilityZone: found.AvailabilityZone,
        availabilityZoneId: found.AvailabilityZoneId,
        cidrBlock: found.CidrBlock,
        mapPublicIpOnLaunch: found.MapPublicIpOnLaunch,
        ownerId: found.OwnerId,
        vpcId: found.VpcId,
        ...tagState(aws, found.Tags, known),
      }
    );
  },
  update: (aws, id, { inputs }) => mapPublicIp(aws, id, inputs.mapPublicIpOnLaunch === true),
  async delete(aws, id) {
    const ec2 = await aws.ec2();
    await retrying(aws, IN_USE, 20, () => ec2.deleteSubnet({ SubnetId: id }));
  },
});

async function mapPublicIp(aws: Aws, id: string, value: boolean): Promise<void> {
  await (await aws.ec2()).modifySubnetAttribute({ SubnetId: id, MapPublicIpOnLaunch: { Value: value } });
}

/** A VPC's way to the internet. */
export const internetGateway = ec2Resource({
  properties: {
    vpcId: string({ computed: true }),
    arn: string({ output: true }),
    ownerId: string({ output: true }),
  },
  async create(aws, inputs) {
    const { InternetGateway } = await (
      await aws.ec2()
    ).createInternetGateway(tagSpecifications(aws, "internet-gateway", inputs));
    return { id: InternetGateway!.InternetGatewayId! };
  },
  async ready(aws, id, inputs) {
    if (inputs.vpcId) await attach(aws, id, inputs.vpcId as string);
  },
  async read(aws, id, known) {
    const { InternetGateways: [found] = [] } = await (
      await aws.ec2()
    ).describeInternetGateways({ InternetGatewayIds: [id] });
    return (
      found && {
        arn: await aws.arn("ec2", `internet-gateway/${id}`, found.OwnerId),
        ownerId: found.OwnerId,
        vpcId: found.Attachments?.[0]?.VpcId,
        ...tagState(aws, found.Tags, known),
      }
    );
  },
  async update(aws, id, { old, inputs }) {
    if (old.vpcId) await detach(aws, id, old.vpcId as string);
    if (inputs.vpcId) await attach(aws, id, inputs.vpcId as string);
  },
  async delete(aws, id, state) {
    if (state.vpcId) await detach(aws, id, state.vpcId as string);
    const ec2 = await aws.ec2();
    await retrying(aws, IN_USE, 10, () => ec2.deleteInternetGateway({ InternetGatewayId: id }));
  },
});

async function attach(aws: Aws, id: string, vpcId: string): Promise<void> {
  const ec2 = await aws.ec2();
  await retrying(aws, ["InvalidInternetGatewayID.NotFound"], 4, () =>
    ec2.attachInternetGateway({ InternetGatewayId: id, VpcId: vpcId }),
  );
}

/** Refused while public addresses in the VPC are in use. */
async function detach(aws: Aws, id: string, vpcId: string): Promise<void> {
  const ec2 = await aws.ec2();
  await retrying(aws, IN_USE, 20, async () => {
    const { InternetGateways: [found] = [] } = await ec2.describeInternetGateways({ InternetGatewayIds: [id] });
    if (!found?.Attachments?.some(({ VpcId }) => VpcId === vpcId)) return;
    await ec2.detachInternetGateway({ InternetGatewayId: id, VpcId: vpcId });
  });
}
