/** How it is found what a creation has made of which nobody heard the end: by the type of the resource. */
import type { EC2, Filter } from "@aws-sdk/client-ec2";
import { crc32 } from "node:zlib";
import { unless } from "../gates/awsErrors";
import type { Inputs } from "./state";
import type { World } from "./world";

/** A type of resource. */
type Kind =
  /** Nobody outside of the state has it, or the same creation once more does no harm. */
  | { again: true }
  /** Its id follows from its inputs; whether it exists is told by the comparison with AWS. */
  | { id(inputs: Inputs, world: World): string }
  /** AWS has chosen the id. */
  | {
      find(world: World, inputs: Inputs): Promise<string[]>;
      /** Does what the provider does after the call that makes it, where that does not show in what it tells of the resource. */
      finish?(world: World, id: string): Promise<void>;
    }
  /** A person has to look: by this command. */
  | { ask: string };

type Ids = (string | undefined)[] | undefined;

/** What EC2 has with the tags of the creation, and with more that is known of it, by EC2's filters. */
function tagged(
  describe: (ec2: EC2, Filters: Filter[], world: World) => Promise<Ids>,
  more: Record<string, string | string[]> = {},
): { find(world: World, inputs: Inputs): Promise<string[]> } {
  return {
    async find(world, inputs) {
      const tags = (inputs.tags ?? {}) as Record<string, string>;
      // Without a name of its own it is any of its type.
      if (!tags.Name) return [];
      const filters = Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] }));
      const known = Object.entries(more).map(([Name, key]) => {
        return { Name, Values: Array.isArray(key) ? key : [String(inputs[key])] };
      });
      return present(await describe(world.ec2, [...filters, ...known], world));
    },
  };
}

const present = (ids: Ids = []) => ids.filter((id) => id !== undefined);
const text = (inputs: Inputs, key: string) => String(inputs[key]);
const again: Kind = { again: true };
const named = (key: string): Kind => ({ id: (inputs) => text(inputs, key) });

const ruleOf = (egress: boolean): Kind => ({
  find: async ({ ec2 }, inputs) => {
    const { Name } = (inputs.tags ?? {}) as Record<string, string>;
    const Filters = [{ Name: "group-id", Values: [text(inputs, "securityGroupId")] }];
    const { SecurityGroupRules = [] } = await ec2.describeSecurityGroupRules({ Filters });
    const mine = SecurityGroupRules.filter(
      ({ IsEgress, Tags = [] }) =>
        IsEgress === egress && Tags.some(({ Key, Value }) => Key === "Name" && Value === Name),
    );
    return present(mine.map(({ SecurityGroupRuleId }) => SecurityGroupRuleId));
  },
});

/** The types that the program makes. */
export const kinds: Record<string, Kind | undefined> = {
  "aws:backup/plan:Plan": { ask: "aws backup list-backup-plans" },
  "aws:backup/selection:Selection": { ask: "aws backup list-backup-selections --backup-plan-id PLAN" },
  "aws:backup/vault:Vault": named("name"),
  "aws:cloudwatch/dashboard:Dashboard": named("dashboardName"),
  "aws:cloudwatch/logGroup:LogGroup": named("name"),
  "aws:cloudwatch/metricAlarm:MetricAlarm": named("name"),
  "aws:ebs/volume:Volume": tagged(
    async (ec2, Filters, world) => {
      const [{ Volumes }, since] = await Promise.all([ec2.describeVolumes({ Filters }), world.since()]);
      // A host that was removed may have left its data: a volume with the same tags, which nobody may take for the new one.
      return Volumes?.filter(({ CreateTime }) => !since || CreateTime! > since).map(({ VolumeId }) => VolumeId);
    },
    { "availability-zone": "availabilityZone" },
  ),
  "aws:ec2/eip:Eip": tagged(async (ec2, Filters) =>
    (await ec2.describeAddresses({ Filters })).Addresses?.map(({ AllocationId }) => AllocationId),
  ),
  "aws:ec2/instance:Instance": tagged(
    async (ec2, Filters) => {
      const { Reservations } = await ec2.describeInstances({ Filters });
      return Reservations?.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId));
    },
    { "instance-state-name": ["pending", "running", "stopping", "stopped"] },
  ),
  "aws:ec2/internetGateway:InternetGateway": tagged(async (ec2, Filters) =>
    (await ec2.describeInternetGateways({ Filters })).InternetGateways?.map(
      ({ InternetGatewayId }) => InternetGatewayId,
    ),
  ),
  "aws:ec2/natGateway:NatGateway": tagged(
    async (ec2, Filter) =>
      (await ec2.describeNatGateways({ Filter })).NatGateways?.map(({ NatGatewayId }) => NatGatewayId),
    { "subnet-id": "subnetId", state: ["pending", "available"] },
  ),
  "aws:ec2/networkInterface:NetworkInterface": tagged(
    async (ec2, Filters) =>
      (await ec2.describeNetworkInterfaces({ Filters })).NetworkInterfaces?.map((found) => found.NetworkInterfaceId),
    { "subnet-id": "subnetId" },
  ),
  "aws:ec2/route:Route": {
    id: ({ routeTableId, destinationCidrBlock }) =>
      `r-${routeTableId as string}${crc32(destinationCidrBlock as string)}`,
  },
  "aws:ec2/routeTable:RouteTable": tagged(
    async (ec2, Filters) =>
      (await ec2.describeRouteTables({ Filters })).RouteTables?.map(({ RouteTableId }) => RouteTableId),
    { "vpc-id": "vpcId" },
  ),
  "aws:ec2/routeTableAssociation:RouteTableAssociation": {
    async find({ ec2 }, inputs) {
      const { subnetId } = inputs;
      const Filters = [{ Name: "association.subnet-id", Values: [text(inputs, "subnetId")] }];
      const { RouteTables = [] } = await ec2.describeRouteTables({ Filters });
      const associations = RouteTables.flatMap(({ Associations = [] }) => Associations);
      const mine = associations.filter((association) => association.SubnetId === subnetId);
      return present(mine.map(({ RouteTableAssociationId }) => RouteTableAssociationId));
    },
  },
  "aws:ec2/securityGroup:SecurityGroup": {
    ...tagged(
      async (ec2, Filters) =>
        (await ec2.describeSecurityGroups({ Filters })).SecurityGroups?.map(({ GroupId }) => GroupId),
      { "vpc-id": "vpcId" },
    ),
    // A new group lets everything out; the provider takes that away in a second call, and does not tell whether it has.
    async finish({ ec2 }, GroupId) {
      const { SecurityGroups: [found] = [] } = await ec2.describeSecurityGroups({ GroupIds: [GroupId] });
      const IpPermissions = (found?.IpPermissionsEgress ?? []).filter(({ IpProtocol }) => IpProtocol === "-1");
      if (IpPermissions.length > 0) await ec2.revokeSecurityGroupEgress({ GroupId, IpPermissions });
    },
  },
  "aws:ec2/subnet:Subnet": tagged(
    async (ec2, Filters) => (await ec2.describeSubnets({ Filters })).Subnets?.map(({ SubnetId }) => SubnetId),
    { "vpc-id": "vpcId" },
  ),
  "aws:ec2/volumeAttachment:VolumeAttachment": {
    id: ({ deviceName, instanceId, volumeId }) =>
      `vai-${crc32(`${deviceName as string}-${instanceId as string}-${volumeId as string}-`)}`,
  },
  "aws:ec2/vpc:Vpc": tagged(async (ec2, Filters) =>
    (await ec2.describeVpcs({ Filters })).Vpcs?.map(({ VpcId }) => VpcId),
  ),
  "aws:ec2/vpcEndpoint:VpcEndpoint": tagged(
    async (ec2, Filters) => {
      const { VpcEndpoints } = await ec2.describeVpcEndpoints({ Filters });
      const lasting = VpcEndpoints?.filter(({ State }) => !/^delet/i.test(State ?? ""));
      return lasting?.map(({ VpcEndpointId }) => VpcEndpointId);
    },
    { "vpc-id": "vpcId" },
  ),
  "aws:iam/instanceProfile:InstanceProfile": named("name"),
  "aws:iam/role:Role": named("name"),
  "aws:iam/rolePolicy:RolePolicy": { id: (inputs) => `${text(inputs, "role")}:${text(inputs, "name")}` },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
    id: (inputs) => `${text(inputs, "role")}-${text(inputs, "policyArn")}`,
  },
  "aws:kms/key:Key": { ask: "aws kms list-keys" },
  "aws:lb/listener:Listener": {
    async find({ elb }, { loadBalancerArn, port }) {
      const { Listeners = [] } =
        (await unless(
          ["LoadBalancerNotFoundException"],
          elb.describeListeners({ LoadBalancerArn: loadBalancerArn as string }),
        )) ?? {};
      return present(Listeners.filter(({ Port }) => Port === port).map(({ ListenerArn }) => ListenerArn));
    },
  },
  "aws:lb/loadBalancer:LoadBalancer": {
    async find({ elb }, inputs) {
      const asked = elb.describeLoadBalancers({ Names: [text(inputs, "name")] });
      const found = await unless(["LoadBalancerNotFoundException"], asked);
      return present(found?.LoadBalancers?.map(({ LoadBalancerArn }) => LoadBalancerArn));
    },
  },
  "aws:lb/targetGroup:TargetGroup": {
    async find({ elb }, inputs) {
      const asked = elb.describeTargetGroups({ Names: [text(inputs, "name")] });
      const found = await unless(["TargetGroupNotFoundException"], asked);
      return present(found?.TargetGroups?.map(({ TargetGroupArn }) => TargetGroupArn));
    },
  },
  // The provider makes its id up, and goes by what is in it.
  "aws:lb/targetGroupAttachment:TargetGroupAttachment": {
    id: (inputs) => `${text(inputs, "targetGroupArn")}-${crc32(text(inputs, "targetId"))}`,
  },
  "aws:route53/record:Record": {
    id: (inputs) => [inputs.zoneId, inputs.name, inputs.type].join("_"),
  },
  "aws:route53/zone:Zone": {
    // Its tags are put on by a call of their own, which may not have been made.
    async find({ route53 }, inputs) {
      const { HostedZones = [] } = await route53.listHostedZonesByName({ DNSName: text(inputs, "name") });
      const mine = HostedZones.filter(
        ({ Name, Config }) => Name === `${text(inputs, "name")}.` && Config?.Comment === inputs.comment,
      );
      return present(mine.map(({ Id }) => Id?.replace("/hostedzone/", "")));
    },
  },
  "aws:sns/topic:Topic": { id: (inputs, { arn }) => arn("sns", text(inputs, "name")) },
  // The same once more is the one that there is, and it ends with its topic.
  "aws:sns/topicSubscription:TopicSubscription": again,
  "aws:ssm/parameter:Parameter": named("name"),
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ruleOf(true),
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ruleOf(false),
  "command:local:Command": again,
  "random:index/randomBytes:RandomBytes": again,
  "random:index/randomId:RandomId": again,
  "random:index/randomPassword:RandomPassword": again,
  "tls:index/certRequest:CertRequest": again,
  "tls:index/locallySignedCert:LocallySignedCert": again,
  "tls:index/privateKey:PrivateKey": again,
  "tls:index/selfSignedCert:SelfSignedCert": again,
};
