/** Functions that look things up: aws:ec2/getAmi:getAmi and its like. */
import type { Filter } from "@aws-sdk/client-ec2";
import { boolean, list, map, object, set, string, type Invoke, type Property } from "../core/schema";
import { isObject, type Values } from "../core/wire";
import type { Aws } from "./context";
import { strings, tagState } from "./resource";

type Function = Invoke<Aws>;

const filters: Property = set(object({ name: string({ required: true }), values: list(string(), { required: true }) }));

/** Filters as EC2 takes them, with those of the plain arguments; undefined where there are none, which EC2 wants then. */
function asFilters(args: Values, plain: { [argument: string]: string } = {}): { Filters?: Filter[] } {
  const given = ((args.filters as Values[] | undefined) ?? []).map(({ name, values }) => ({
    Name: name as string,
    Values: strings(values),
  }));
  const named = Object.entries(plain).flatMap(([argument, Name]) =>
    args[argument] === undefined ? [] : [{ Name, Values: [String(args[argument])] }],
  );
  const tags = Object.entries(isObject(args.tags) ? args.tags : {}).map(([key, value]) => ({
    Name: `tag:${key}`,
    Values: [value as string],
  }));
  const all = [...given, ...named, ...tags];
  return all.length > 0 ? { Filters: all } : {};
}

/** Exactly one, as the real provider wants it. */
function only<T>(found: T[] = [], what: string): T {
  if (found.length === 1) return found[0];
  const none = `no matching ${what} found`;
  throw new Error(
    found.length === 0
      ? none
      : `multiple ${what}s matched; use additional constraints to reduce matches to a single ${what}`,
  );
}

/** The image of a name: more than one is an error, unless the most recent is asked for. */
export const getAmi: Function = {
  arguments: {
    filters,
    owners: list(string()),
    mostRecent: boolean(),
    nameRegex: string(),
    includeDeprecated: boolean(),
    executableUsers: list(string()),
    tags: map(string()),
    region: string(),
  },
  async call(aws, args) {
    const { Images = [] } = await (
      await aws.in(args.region).ec2()
    ).describeImages({
      ...asFilters(args),
      Owners: args.owners ? strings(args.owners) : undefined,
      ExecutableUsers: args.executableUsers ? strings(args.executableUsers) : undefined,
      IncludeDeprecated: args.includeDeprecated as boolean | undefined,
    });
    const named = args.nameRegex
      ? Images.filter(({ Name = "" }) => new RegExp(args.nameRegex as string).test(Name))
      : Images;
    if (named.length === 0)
      throw new Error("Your query returned no results. Please change your search criteria and try again.");
    if (named.length > 1 && args.mostRecent !== true) {
      throw new Error(
        "Your query returned more than one result. Please try a more specific search criteria, or set `most_recent` attribute to true.",
      );
    }
    const newest = named.sort((a, b) => (b.CreationDate ?? "").localeCompare(a.CreationDate ?? ""))[0];
    return {
      ...args,
      id: newest.ImageId,
      imageId: newest.ImageId,
      architecture: newest.Architecture,
      arn: `arn:${aws.partition}:ec2:${aws.in(args.region).region}::image/${newest.ImageId}`,
      blockDeviceMappings: (newest.BlockDeviceMappings ?? []).map(
        ({ DeviceName, Ebs = {}, NoDevice, VirtualName }) => ({
          deviceName: DeviceName,
          ebs: Object.fromEntries(Object.entries(Ebs).map(([key, value]) => [snake(key), String(value)])),
          noDevice: NoDevice ?? "",
          virtualName: VirtualName ?? "",
        }),
      ),
      bootMode: newest.BootMode ?? "",
      creationDate: newest.CreationDate ?? "",
      deprecationTime: newest.DeprecationTime ?? "",
      description: newest.Description ?? "",
      enaSupport: newest.EnaSupport ?? false,
      hypervisor: newest.Hypervisor ?? "",
      imageLocation: newest.ImageLocation ?? "",
      imageOwnerAlias: newest.ImageOwnerAlias ?? "",
      imageType: newest.ImageType ?? "",
      imdsSupport: newest.ImdsSupport ?? "",
      kernelId: newest.KernelId ?? "",
      lastLaunchedTime: newest.LastLaunchedTime ?? "",
      name: newest.Name ?? "",
      ownerId: newest.OwnerId ?? "",
      platform: newest.Platform ?? "",
      platformDetails: newest.PlatformDetails ?? "",
      productCodes: (newest.ProductCodes ?? []).map(({ ProductCodeId, ProductCodeType }) => ({
        productCodeId: ProductCodeId,
        productCodeType: ProductCodeType,
      })),
      public: newest.Public ?? false,
      ramdiskId: newest.RamdiskId ?? "",
      region: aws.in(args.region).region,
      rootDeviceName: newest.RootDeviceName ?? "",
      rootDeviceType: newest.RootDeviceType ?? "",
      rootSnapshotId:
        newest.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === newest.RootDeviceName)?.Ebs?.SnapshotId ??
        "",
      sriovNetSupport: newest.SriovNetSupport ?? "",
      state: newest.State ?? "",
      stateReason: { code: newest.StateReason?.Code ?? "UNSET", message: newest.StateReason?.Message ?? "UNSET" },
      tags: tagState(aws, newest.Tags, {}).tagsAll,
      tpmSupport: newest.TpmSupport ?? "",
      usageOperation: newest.UsageOperation ?? "",
      virtualizationType: newest.VirtualizationType ?? "",
    };
  },
};

function snake(key: string): string {
  return key.replace(/(?!^)([A-Z])/g, "_$1").toLowerCase();
}

/** The zones of a region. */
export const getAvailabilityZones: Function = {
  arguments: {
    allAvailabilityZones: boolean(),
    excludeNames: list(string()),
    excludeZoneIds: list(string()),
    filters,
    state: string(),
    region: string(),
  },
  async call(aws, args) {
    const { AvailabilityZones = [] } = await (
      await aws.in(args.region).ec2()
    ).describeAvailabilityZones({
      ...asFilters(args, { state: "state" }),
      AllAvailabilityZones: args.allAvailabilityZones as boolean | undefined,
    });
    const zones = AvailabilityZones.filter(
      ({ ZoneName, ZoneId }) =>
        !strings(args.excludeNames).includes(ZoneName!) && !strings(args.excludeZoneIds).includes(ZoneId!),
    ).sort((a, b) => a.ZoneName!.localeCompare(b.ZoneName!));
    const { region } = aws.in(args.region);
    return {
      ...args,
      id: region,
      region,
      names: zones.map(({ ZoneName }) => ZoneName!),
      zoneIds: zones.map(({ ZoneId }) => ZoneId!),
      groupNames: [...new Set(zones.map(({ GroupName, RegionName }) => GroupName ?? RegionName!))],
    };
  },
};

/** One VPC. */
export const getVpc: Function = {
  arguments: {
    id: string(),
    cidrBlock: string(),
    default: boolean(),
    dhcpOptionsId: string(),
    state: string(),
    filters,
    tags: map(string()),
    region: string(),
  },
  async call(aws, args) {
    const ec2 = await aws.in(args.region).ec2();
    const plain = { cidrBlock: "cidr", default: "isDefault", dhcpOptionsId: "dhcp-options-id", state: "state" };
    const { Vpcs } = await ec2.describeVpcs({
      ...asFilters(args, plain),
      ...(args.id ? { VpcIds: [args.id as string] } : {}),
    });
    const found = only(Vpcs, "EC2 VPC");
    const [support, hostnames, tables] = await Promise.all([
      ec2.describeVpcAttribute({ VpcId: found.VpcId, Attribute: "enableDnsSupport" }),
      ec2.describeVpcAttribute({ VpcId: found.VpcId, Attribute: "enableDnsHostnames" }),
      ec2.describeRouteTables({ Filters: [{ Name: "vpc-id", Values: [found.VpcId!] }] }),
    ]);
    return {
      id: found.VpcId,
      arn: await aws.in(args.region).arn("ec2", `vpc/${found.VpcId}`, found.OwnerId),
      cidrBlock: found.CidrBlock,
      cidrBlockAssociations: (found.CidrBlockAssociationSet ?? []).map(
        ({ AssociationId, CidrBlock, CidrBlockState }) => ({
          associationId: AssociationId,
          cidrBlock: CidrBlock,
          state: CidrBlockState?.State,
        }),
      ),
      default: found.IsDefault ?? false,
      dhcpOptionsId: found.DhcpOptionsId,
      enableDnsHostnames: hostnames.EnableDnsHostnames?.Value ?? false,
      enableDnsSupport: support.EnableDnsSupport?.Value ?? false,
      instanceTenancy: found.InstanceTenancy,
      mainRouteTableId:
        tables.RouteTables?.find(({ Associations }) => Associations?.some(({ Main }) => Main))?.RouteTableId ?? "",
      ownerId: found.OwnerId,
      region: aws.in(args.region).region,
      state: found.State,
      tags: tagState(aws, found.Tags, {}).tagsAll,
    };
  },
};

/** One subnet. */
export const getSubnet: Function = {
  arguments: {
    id: string(),
    availabilityZone: string(),
    cidrBlock: string(),
    defaultForAz: boolean(),
    state: string(),
    vpcId: string(),
    filters,
    tags: map(string()),
    region: string(),
  },
  async call(aws, args) {
    const plain = {
      availabilityZone: "availability-zone",
      cidrBlock: "cidr-block",
      defaultForAz: "default-for-az",
      state: "state",
      vpcId: "vpc-id",
    };
    const { Subnets } = await (
      await aws.in(args.region).ec2()
    ).describeSubnets({
      ...asFilters(args, plain),
      ...(args.id ? { SubnetIds: [args.id as string] } : {}),
    });
    const found = only(Subnets, "EC2 Subnet");
    return {
      id: found.SubnetId,
      arn: found.SubnetArn ?? (await aws.in(args.region).arn("ec2", `subnet/${found.SubnetId}`, found.OwnerId)),
      assignIpv6AddressOnCreation: found.AssignIpv6AddressOnCreation ?? false,
      availabilityZone: found.AvailabilityZone,
      availabilityZoneId: found.AvailabilityZoneId,
      availableIpAddressCount: found.AvailableIpAddressCount,
      cidrBlock: found.CidrBlock,
      defaultForAz: found.DefaultForAz ?? false,
      mapPublicIpOnLaunch: found.MapPublicIpOnLaunch ?? false,
      ownerId: found.OwnerId,
      region: aws.in(args.region).region,
      state: found.State,
      tags: tagState(aws, found.Tags, {}).tagsAll,
      vpcId: found.VpcId,
    };
  },
};
