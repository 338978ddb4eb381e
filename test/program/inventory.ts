/** What an account has and what a state says that it has, in the same words, to be compared: nothing orphaned, nothing doubled. */
import { EC2 } from "@aws-sdk/client-ec2";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { IAM } from "@aws-sdk/client-iam";
import { Route53 } from "@aws-sdk/client-route-53";
import { SSM, paginateDescribeParameters } from "@aws-sdk/client-ssm";
import { STS } from "@aws-sdk/client-sts";
import { WireApi, type WireService } from "../../local/plugins/aws/wireApi";
import type { Inputs, Resource } from "../../recover/state";
import type { EngineProject } from "./engineProject";

type Reach = EngineProject["aws"];
type Listed = [type: string, ...key: (string | undefined)[]][];

/** Everything in the account that the program could have made, sorted. */
export async function inAws(aws: Reach): Promise<string[]> {
  const parts = await Promise.all([network(aws), hosts(aws), balancers(aws), roles(aws), others(aws), names(aws)]);
  return lines(parts.flat());
}

/** Everything that a state says is in the account, sorted. */
export function inState(resources: Resource[]): string[] {
  const there = resources.filter(({ type, pendingReplacement }) => type.startsWith("aws:") && !pendingReplacement);
  return lines(there.map(({ type, id, outputs = {} }) => [type.split(":").pop()!, ...(KEYS[type]?.(outputs) ?? [id])]));
}

const lines = (listed: Listed) => listed.map((line) => line.join(" ")).sort();

/** What is told apart by other things than an id of AWS's. */
const KEYS: Record<string, (outputs: Inputs) => string[]> = {
  "aws:ec2/route:Route": by("routeTableId", "destinationCidrBlock"),
  "aws:ec2/volumeAttachment:VolumeAttachment": by("volumeId", "instanceId"),
  "aws:lb/targetGroupAttachment:TargetGroupAttachment": by("targetGroupArn", "targetId"),
  "aws:route53/record:Record": by("zoneId", "name", "type"),
  "aws:sns/topicSubscription:TopicSubscription": by("topic", "endpoint"),
};

function by(...keys: string[]) {
  return (outputs: Inputs) => keys.map((key) => String(outputs[key]));
}

async function network(aws: Reach): Promise<Listed> {
  const ec2 = new EC2(aws);
  const { Vpcs = [] } = await ec2.describeVpcs({ Filters: [{ Name: "is-default", Values: ["false"] }] });
  const Filters = [{ Name: "vpc-id", Values: [...Vpcs.map(({ VpcId }) => VpcId!), "none"] }];
  const [subnets, tables, groups, gateways, addresses, nats, endpoints] = await Promise.all([
    ec2.describeSubnets({ Filters }),
    ec2.describeRouteTables({ Filters }),
    ec2.describeSecurityGroups({ Filters }),
    ec2.describeInternetGateways({}),
    ec2.describeAddresses({}),
    ec2.describeNatGateways({ Filter: [{ Name: "state", Values: ["pending", "available"] }] }),
    ec2.describeVpcEndpoints({}),
  ]);
  const ownTables = (tables.RouteTables ?? []).filter(({ Associations }) => !Associations?.some(({ Main }) => Main));
  const ownGroups = (groups.SecurityGroups ?? []).filter(({ GroupName }) => GroupName !== "default");
  const ids = ownGroups.map(({ GroupId }) => GroupId!);
  const { SecurityGroupRules: rules = [] } = await ec2.describeSecurityGroupRules({
    Filters: [{ Name: "group-id", Values: [...ids, "sg-00000000"] }],
  });
  const inUse = new Set(
    (await ec2.describeVpcs({})).Vpcs?.filter(({ IsDefault }) => IsDefault).map(({ VpcId }) => VpcId),
  );
  const lasting = (endpoints.VpcEndpoints ?? []).filter(({ State }) => !/^delet/i.test(State ?? ""));
  const ownGateways = (gateways.InternetGateways ?? []).filter(
    ({ Attachments = [] }) => !Attachments.some(({ VpcId }) => inUse.has(VpcId)),
  );
  return [
    ...Vpcs.map(({ VpcId }) => ["Vpc", VpcId]),
    ...(subnets.Subnets ?? []).map(({ SubnetId }) => ["Subnet", SubnetId]),
    ...ownTables.map(({ RouteTableId }) => ["RouteTable", RouteTableId]),
    ...ownTables.flatMap(({ RouteTableId, Routes = [] }) =>
      Routes.filter(({ GatewayId }) => GatewayId !== "local").map(({ DestinationCidrBlock }) => [
        ...["Route", RouteTableId, DestinationCidrBlock],
      ]),
    ),
    ...ownTables.flatMap(({ Associations = [] }) =>
      Associations.map(({ RouteTableAssociationId }) => ["RouteTableAssociation", RouteTableAssociationId]),
    ),
    ...ownGateways.map(({ InternetGatewayId }) => ["InternetGateway", InternetGatewayId]),
    ...(addresses.Addresses ?? []).map(({ AllocationId }) => ["Eip", AllocationId]),
    ...(nats.NatGateways ?? []).map(({ NatGatewayId }) => ["NatGateway", NatGatewayId]),
    ...lasting.map(({ VpcEndpointId }) => ["VpcEndpoint", VpcEndpointId]),
    ...ids.map((id) => ["SecurityGroup", id]),
    ...rules.map(({ IsEgress, SecurityGroupRuleId }) => [
      ...[`SecurityGroup${IsEgress ? "Egress" : "Ingress"}Rule`, SecurityGroupRuleId],
    ]),
  ] as Listed;
}

async function hosts(aws: Reach): Promise<Listed> {
  const ec2 = new EC2(aws);
  const [instances, interfaces, volumes] = await Promise.all([
    ec2.describeInstances({
      Filters: [{ Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] }],
    }),
    ec2.describeNetworkInterfaces({}),
    ec2.describeVolumes({}),
  ]);
  const found = (instances.Reservations ?? []).flatMap(({ Instances = [] }) => Instances);
  // Root disks are EC2's own, and come and go with their instances.
  const roots = new Set(
    found.flatMap(({ RootDeviceName, BlockDeviceMappings = [] }) =>
      BlockDeviceMappings.filter(({ DeviceName }) => DeviceName === RootDeviceName).map(({ Ebs }) => Ebs?.VolumeId),
    ),
  );
  const data = (volumes.Volumes ?? []).filter(({ VolumeId }) => !roots.has(VolumeId));
  return [
    ...found.map(({ InstanceId }) => ["Instance", InstanceId]),
    ...(interfaces.NetworkInterfaces ?? [])
      .filter(({ Description }) => Description?.includes("Realm cluster"))
      .map(({ NetworkInterfaceId }) => ["NetworkInterface", NetworkInterfaceId]),
    ...data.map(({ VolumeId }) => ["Volume", VolumeId]),
    ...data.flatMap(({ VolumeId, Attachments = [] }) =>
      Attachments.map(({ InstanceId }) => ["VolumeAttachment", VolumeId, InstanceId]),
    ),
  ] as Listed;
}

async function balancers(aws: Reach): Promise<Listed> {
  const elb = new ElasticLoadBalancingV2(aws);
  const { LoadBalancers = [] } = await elb.describeLoadBalancers({});
  const { TargetGroups = [] } = await elb.describeTargetGroups({});
  const listeners = await Promise.all(
    LoadBalancers.map(({ LoadBalancerArn }) => elb.describeListeners({ LoadBalancerArn })),
  );
  const targets = await Promise.all(
    TargetGroups.map(async ({ TargetGroupArn }) => {
      const { TargetHealthDescriptions = [] } = await elb.describeTargetHealth({ TargetGroupArn });
      const registered = TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State !== "draining");
      return registered.map(({ Target }) => ["TargetGroupAttachment", TargetGroupArn, Target?.Id]);
    }),
  );
  return [
    ...LoadBalancers.map(({ LoadBalancerArn }) => ["LoadBalancer", LoadBalancerArn]),
    ...TargetGroups.map(({ TargetGroupArn }) => ["TargetGroup", TargetGroupArn]),
    ...listeners.flatMap(({ Listeners = [] }) => Listeners.map(({ ListenerArn }) => ["Listener", ListenerArn])),
    ...targets.flat(),
  ] as Listed;
}

async function roles(aws: Reach): Promise<Listed> {
  const iam = new IAM(aws);
  const { Roles = [] } = await iam.listRoles({});
  const { InstanceProfiles = [] } = await iam.listInstanceProfiles({});
  const policies = await Promise.all(
    Roles.map(async ({ RoleName }) => {
      const { PolicyNames = [] } = await iam.listRolePolicies({ RoleName });
      return PolicyNames.map((name) => ["RolePolicy", `${RoleName}:${name}`]);
    }),
  );
  return [
    ...Roles.map(({ RoleName }) => ["Role", RoleName]),
    ...InstanceProfiles.map(({ InstanceProfileName }) => ["InstanceProfile", InstanceProfileName]),
    ...policies.flat(),
  ] as Listed;
}

/** Parameters, and what an operator is told by. */
async function others(aws: Reach): Promise<Listed> {
  const ParameterFilters = [{ Key: "Name", Option: "BeginsWith", Values: ["/realm-cluster/"] }];
  const Parameters = [];
  for await (const page of paginateDescribeParameters({ client: new SSM(aws) }, { ParameterFilters })) {
    Parameters.push(...(page.Parameters ?? []));
  }
  const ask = async (service: WireService, action: string, key: string) => {
    const answer = await new WireApi(service, aws.region, new STS(aws), 1, aws.endpoint).call(action, {});
    return Array.isArray(answer[key]) ? (answer[key] as Record<string, string>[]) : [];
  };
  const [alarms, dashboards, groups, topics, subscriptions] = await Promise.all([
    ask("cloudwatch", "DescribeAlarms", "MetricAlarms"),
    ask("cloudwatch", "ListDashboards", "DashboardEntries"),
    ask("logs", "DescribeLogGroups", "logGroups"),
    ask("sns", "ListTopics", "Topics"),
    ask("sns", "ListSubscriptions", "Subscriptions"),
  ]);
  return [
    ...Parameters.map(({ Name }) => ["Parameter", Name]),
    ...alarms.map(({ AlarmName }) => ["MetricAlarm", AlarmName]),
    ...dashboards.map(({ DashboardName }) => ["Dashboard", DashboardName]),
    ...groups.map(({ logGroupName }) => ["LogGroup", logGroupName]),
    ...topics.map(({ TopicArn }) => ["Topic", TopicArn]),
    ...subscriptions.map(({ TopicArn, Endpoint }) => ["TopicSubscription", TopicArn, Endpoint]),
  ] as Listed;
}

async function names(aws: Reach): Promise<Listed> {
  const route53 = new Route53(aws);
  const { HostedZones = [] } = await route53.listHostedZones({});
  const zones = HostedZones.map(({ Id, Name }) => ({ id: Id!.replace("/hostedzone/", ""), name: Name }));
  const records = await Promise.all(
    zones.map(async ({ id }) => {
      const { ResourceRecordSets = [] } = await route53.listResourceRecordSets({ HostedZoneId: id });
      const own = ResourceRecordSets.filter(({ Type }) => Type !== "NS" && Type !== "SOA");
      return own.map(({ Name, Type }) => ["Record", id, Name?.replace(/\.$/, ""), Type]);
    }),
  );
  return [...zones.map(({ id }) => ["Zone", id]), ...records.flat()] as Listed;
}
