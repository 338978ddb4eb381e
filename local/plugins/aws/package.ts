/** The table of the aws provider. */
import { boolean, list, map, number, object, string, type Package, type Properties } from "../core/schema";
import { versionOf } from "../core/version";
import { dashboard } from "./cloudwatch/dashboard";
import { logGroup } from "./cloudwatch/logGroup";
import { metricAlarm } from "./cloudwatch/metricAlarm";
import { Aws, Clients } from "./context";
import { instance } from "./ec2/instance";
import { networkInterface } from "./ec2/networkInterface";
import { eip, natGateway, route, routeTable, routeTableAssociation } from "./ec2/routes";
import { securityGroup, securityGroupEgressRule, securityGroupIngressRule } from "./ec2/securityGroup";
import { volume, volumeAttachment } from "./ec2/volume";
import { internetGateway, subnet, vpc } from "./ec2/vpc";
import { vpcEndpoint } from "./ec2/vpcEndpoint";
import { explain, isGone } from "./errors";
import { getEbsVolumes } from "./ec2/getEbsVolumes";
import { getInstances } from "./ec2/getInstances";
import { getAmiIds } from "./images";
import { getAvailabilityZones, getSubnet, getVpc } from "./lookups";
import { getCallerIdentity, getPartition, getRegion } from "./identity";
import { instanceProfile } from "./iam/instanceProfile";
import { role, rolePolicy, rolePolicyAttachment } from "./iam/role";
import { listener } from "./lb/listener";
import { loadBalancer } from "./lb/loadBalancer";
import { targetGroup, targetGroupAttachment } from "./lb/targetGroup";
import { getZone } from "./route53/getZone";
import { record } from "./route53/record";
import { zone } from "./route53/zone";
import { topic, topicSubscription } from "./sns";
import { getParametersByPath, parameter } from "./ssm";

/** Validation that the real provider does while it starts, and this one never. */
const skips = ["CredentialsValidation", "MetadataApiCheck", "RegionValidation", "RequestingAccountId"].map(
  (what) => [`skip${what}`, boolean()] as const,
);

const config: Properties = {
  region: string(),
  accessKey: string(),
  secretKey: string({ secret: true }),
  token: string({ secret: true }),
  profile: string(),
  maxRetries: number(),
  endpoints: list(
    object({
      ...{ ec2: string(), elbv2: string(), iam: string(), route53: string(), ssm: string(), sts: string() },
      ...{ cloudwatch: string(), logs: string(), sns: string() },
    }),
  ),
  defaultTags: object({ tags: map(string()) }),
  ...Object.fromEntries(skips),
};

/** What the stand-in of pulumi-resource-aws knows. */
export const aws: Package<Aws> = {
  name: "aws",
  version: versionOf("@pulumi/aws"),
  config,
  resources: {
    "aws:cloudwatch/dashboard:Dashboard": dashboard,
    "aws:cloudwatch/logGroup:LogGroup": logGroup,
    "aws:cloudwatch/metricAlarm:MetricAlarm": metricAlarm,
    "aws:ebs/volume:Volume": volume,
    "aws:ec2/eip:Eip": eip,
    "aws:ec2/instance:Instance": instance,
    "aws:ec2/internetGateway:InternetGateway": internetGateway,
    "aws:ec2/natGateway:NatGateway": natGateway,
    "aws:ec2/networkInterface:NetworkInterface": networkInterface,
    "aws:ec2/route:Route": route,
    "aws:ec2/routeTable:RouteTable": routeTable,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": routeTableAssociation,
    "aws:ec2/securityGroup:SecurityGroup": securityGroup,
    "aws:ec2/subnet:Subnet": subnet,
    "aws:ec2/volumeAttachment:VolumeAttachment": volumeAttachment,
    "aws:ec2/vpc:Vpc": vpc,
    "aws:ec2/vpcEndpoint:VpcEndpoint": vpcEndpoint,
    "aws:iam/instanceProfile:InstanceProfile": instanceProfile,
    "aws:iam/role:Role": role,
    "aws:iam/rolePolicy:RolePolicy": rolePolicy,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": rolePolicyAttachment,
    "aws:lb/listener:Listener": listener,
    "aws:lb/loadBalancer:LoadBalancer": loadBalancer,
    "aws:lb/targetGroup:TargetGroup": targetGroup,
    "aws:lb/targetGroupAttachment:TargetGroupAttachment": targetGroupAttachment,
    "aws:route53/record:Record": record,
    "aws:route53/zone:Zone": zone,
    "aws:sns/topic:Topic": topic,
    "aws:sns/topicSubscription:TopicSubscription": topicSubscription,
    "aws:ssm/parameter:Parameter": parameter,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": securityGroupEgressRule,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": securityGroupIngressRule,
  },
  invokes: {
    "aws:ebs/getEbsVolumes:getEbsVolumes": getEbsVolumes,
    "aws:ec2/getAmiIds:getAmiIds": getAmiIds,
    "aws:ec2/getInstances:getInstances": getInstances,
    "aws:ec2/getSubnet:getSubnet": getSubnet,
    "aws:ec2/getVpc:getVpc": getVpc,
    "aws:index/getAvailabilityZones:getAvailabilityZones": getAvailabilityZones,
    "aws:index/getCallerIdentity:getCallerIdentity": getCallerIdentity,
    "aws:index/getPartition:getPartition": getPartition,
    "aws:index/getRegion:getRegion": getRegion,
    "aws:route53/getZone:getZone": getZone,
    "aws:ssm/getParametersByPath:getParametersByPath": getParametersByPath,
  },
  context(values) {
    const clients = new Clients(values);
    return (operation) => new Aws(operation, clients);
  },
  isGone,
  explain,
};
