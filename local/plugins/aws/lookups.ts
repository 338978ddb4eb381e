/** Functions that look up networks: aws:ec2/getVpc:getVpc and its like. */
import { boolean, list, map, string, type Invoke } from "../core/schema";
import type { Aws } from "./context";
import { asFilters, filters } from "./filters";
import { strings, tagState } from "./resource";

type Function = Invoke<Aws>;

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
    const [support, hostnames, metrics, tables] = await Promise.all([
      ec2.describeVpcAttribute({ VpcId: found.VpcId, Attribute: "enableDnsSupport" }),
      ec2.describeVpcAttribute({ VpcId: found.VpcId, Attribute: "enableDnsHostnames" }),
      ec2.describeVpcAttribute({ VpcId: found.VpcId, Attribute: "enableNetworkAddressUsageMetrics" }),
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
      enableNetworkAddressUsageMetrics: metrics.EnableNetworkAddressUsageMetrics?.Value ?? false,
      instanceTenancy: found.InstanceTenancy,
      ipv6AssociationId: found.Ipv6CidrBlockAssociationSet?.[0]?.AssociationId ?? "",
      ipv6CidrBlock: found.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock ?? "",
      ipv6CidrBlockAssociations: (found.Ipv6CidrBlockAssociationSet ?? []).map(({ AssociationId, Ipv6CidrBlock }) => ({
        associationId: AssociationId,
        ipv6CidrBlock: Ipv6CidrBlock,
      })),
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
    const dns = found.PrivateDnsNameOptionsOnLaunch ?? {};
    const ipv6 = found.Ipv6CidrBlockAssociationSet?.[0];
    return {
      id: found.SubnetId,
      arn: found.SubnetArn ?? (await aws.in(args.region).arn("ec2", `subnet/${found.SubnetId}`, found.OwnerId)),
      assignIpv6AddressOnCreation: found.AssignIpv6AddressOnCreation ?? false,
      availabilityZone: found.AvailabilityZone,
      availabilityZoneId: found.AvailabilityZoneId,
      availableIpAddressCount: found.AvailableIpAddressCount,
      cidrBlock: found.CidrBlock,
      customerOwnedIpv4Pool: found.CustomerOwnedIpv4Pool ?? "",
      defaultForAz: found.DefaultForAz ?? false,
      enableDns64: found.EnableDns64 ?? false,
      enableLniAtDeviceIndex: found.EnableLniAtDeviceIndex ?? 0,
      enableResourceNameDnsARecordOnLaunch: dns.EnableResourceNameDnsARecord ?? false,
      enableResourceNameDnsAaaaRecordOnLaunch: dns.EnableResourceNameDnsAAAARecord ?? false,
      ipv6CidrBlock: ipv6?.Ipv6CidrBlock ?? "",
      ipv6CidrBlockAssociationId: ipv6?.AssociationId ?? "",
      ipv6Native: found.Ipv6Native ?? false,
      mapCustomerOwnedIpOnLaunch: found.MapCustomerOwnedIpOnLaunch ?? false,
      mapPublicIpOnLaunch: found.MapPublicIpOnLaunch ?? false,
      outpostArn: found.OutpostArn ?? "",
      ownerId: found.OwnerId,
      privateDnsHostnameTypeOnLaunch: dns.HostnameType ?? "",
      region: aws.in(args.region).region,
      state: found.State,
      tags: tagState(aws, found.Tags, {}).tagsAll,
      vpcId: found.VpcId,
    };
  },
};
