import {
  EC2Client,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  type Instance as Ec2Instance,
  type IpPermission,
  type NetworkInterface as Ec2NetworkInterface,
  type RouteTable,
  type VpcEndpoint as Ec2VpcEndpoint,
} from "@aws-sdk/client-ec2";
import type { Cloud, Instance, InstanceState, NetworkInterface, Rule, Subnet, Volume, VpcEndpoint } from "./model";

type Ec2Part = Omit<Cloud, "region" | "loadBalancers" | "targetGroups" | "zones">;

/** Reads what EC2 says there should be. */
export async function describeEc2(ec2: EC2Client): Promise<Ec2Part> {
  const [vpcs, subnets, routeTables, groups, interfaces, reservations, volumes, endpoints] = await Promise.all([
    ec2.send(new DescribeVpcsCommand({})),
    ec2.send(new DescribeSubnetsCommand({})),
    ec2.send(new DescribeRouteTablesCommand({})),
    ec2.send(new DescribeSecurityGroupsCommand({})),
    ec2.send(new DescribeNetworkInterfacesCommand({})),
    ec2.send(new DescribeInstancesCommand({})),
    ec2.send(new DescribeVolumesCommand({})),
    ec2.send(new DescribeVpcEndpointsCommand({})),
  ]);
  const subnetsById = new Map(
    (subnets.Subnets ?? []).map((subnet): [string, Subnet] => [
      subnet.SubnetId!,
      {
        id: subnet.SubnetId!,
        vpcId: subnet.VpcId!,
        cidr: subnet.CidrBlock!,
        zone: subnet.AvailabilityZone!,
        reachesInternet: reachesInternet(subnet.SubnetId!, subnet.VpcId!, routeTables.RouteTables ?? []),
      },
    ]),
  );
  const instances = (reservations.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
  const rootDevices = new Map(instances.map((instance) => [instance.InstanceId!, rootVolumeOf(instance)]));
  return {
    vpcs: (vpcs.Vpcs ?? []).map((vpc) => ({ id: vpc.VpcId!, cidr: vpc.CidrBlock! })),
    subnets: [...subnetsById.values()],
    securityGroups: (groups.SecurityGroups ?? []).map((group) => ({
      id: group.GroupId!,
      vpcId: group.VpcId!,
      ingress: (group.IpPermissions ?? []).map(readRule),
      egress: (group.IpPermissionsEgress ?? []).map(readRule),
    })),
    interfaces: (interfaces.NetworkInterfaces ?? []).map(readInterface),
    instances: instances.flatMap((instance) => readInstance(instance, subnetsById)),
    volumes: (volumes.Volumes ?? []).map((volume): Volume => {
      const attachment = volume.Attachments?.[0];
      return {
        id: volume.VolumeId!,
        size: volume.Size!,
        snapshotId: volume.SnapshotId || undefined,
        attachment: attachment && {
          instanceId: attachment.InstanceId!,
          device: attachment.Device!,
          root: rootDevices.get(attachment.InstanceId!) === volume.VolumeId,
        },
      };
    }),
    endpoints: (endpoints.VpcEndpoints ?? []).flatMap(readEndpoint),
  };
}

/** None for a gateway endpoint, which is but a route, and for one that is known by its own name only. */
function readEndpoint(endpoint: Ec2VpcEndpoint): VpcEndpoint[] {
  if (endpoint.VpcEndpointType !== "Interface" || !endpoint.PrivateDnsEnabled) return [];
  return [
    {
      id: endpoint.VpcEndpointId!,
      vpcId: endpoint.VpcId!,
      service: endpoint.ServiceName!.split(".").slice(3).join("."),
      subnetIds: endpoint.SubnetIds ?? [],
      groups: (endpoint.Groups ?? []).map((group) => group.GroupId!),
    },
  ];
}

function readRule(permission: IpPermission): Rule {
  return {
    protocol: permission.IpProtocol ?? "-1",
    fromPort: permission.FromPort,
    toPort: permission.ToPort,
    cidrs: (permission.IpRanges ?? []).map((range) => range.CidrIp!),
    groups: (permission.UserIdGroupPairs ?? []).map((pair) => pair.GroupId!),
  };
}

function readInterface(eni: Ec2NetworkInterface): NetworkInterface {
  return {
    id: eni.NetworkInterfaceId!,
    vpcId: eni.VpcId!,
    subnetId: eni.SubnetId!,
    address: eni.PrivateIpAddress!,
    mac: eni.MacAddress!,
    groups: (eni.Groups ?? []).map((group) => group.GroupId!),
    description: eni.Description ?? "",
    attachment: eni.Attachment?.InstanceId
      ? {
          id: eni.Attachment.AttachmentId!,
          instanceId: eni.Attachment.InstanceId,
          deleteOnTermination: eni.Attachment.DeleteOnTermination ?? false,
        }
      : undefined,
  };
}

/** None for an instance that has no interface (any more): there is nothing to run. */
function readInstance(instance: Ec2Instance, subnets: Map<string, Subnet>): Instance[] {
  const eni = instance.NetworkInterfaces?.find((candidate) => candidate.Attachment?.DeviceIndex === 0);
  const subnet = subnets.get(eni?.SubnetId ?? "");
  if (!eni || !subnet) return [];
  return [
    {
      id: instance.InstanceId!,
      state: readState(instance.State?.Name ?? ""),
      vpcId: subnet.vpcId,
      subnetId: subnet.id,
      zone: subnet.zone,
      interfaceId: eni.NetworkInterfaceId!,
      address: eni.PrivateIpAddress!,
      mac: eni.MacAddress!,
      imageId: instance.ImageId!,
      type: instance.InstanceType!,
      launchTime: (instance.LaunchTime ?? new Date(0)).toISOString(),
      profileArn: instance.IamInstanceProfile?.Arn,
      metadata: {
        enabled: instance.MetadataOptions?.HttpEndpoint !== "disabled",
        tokensRequired: instance.MetadataOptions?.HttpTokens === "required",
        tags: instance.MetadataOptions?.InstanceMetadataTags === "enabled",
      },
      tags: Object.fromEntries((instance.Tags ?? []).map((tag) => [tag.Key!, tag.Value ?? ""])),
    },
  ];
}

function readState(name: string): InstanceState {
  if (name === "pending" || name === "running") return "running";
  return name === "stopping" || name === "stopped" ? "stopped" : "terminated";
}

/** The volume that came with the instance: the first of its block devices, under whichever name the image gives it. */
function rootVolumeOf(instance: Ec2Instance): string | undefined {
  const devices = instance.BlockDeviceMappings ?? [];
  const names = [instance.RootDeviceName, "/dev/sda1", "/dev/xvda"];
  return devices.find((device) => names.includes(device.DeviceName))?.Ebs?.VolumeId;
}

/** By the subnet's own route table, or else the VPC's main one. */
function reachesInternet(subnetId: string, vpcId: string, tables: RouteTable[]): boolean {
  const own = tables.find((table) => table.Associations?.some((association) => association.SubnetId === subnetId));
  const main = tables.find((table) => table.VpcId === vpcId && table.Associations?.some(({ Main }) => Main));
  const routes = (own ?? main)?.Routes ?? [];
  return routes.some(
    (route) => route.DestinationCidrBlock === "0.0.0.0/0" && Boolean(route.GatewayId ?? route.NatGatewayId),
  );
}
