/** aws:ec2/securityGroup:SecurityGroup and the rules of aws:vpc, which are resources of their own. */
import type { IpPermission, SecurityGroupRule, SecurityGroupRuleRequest } from "@aws-sdk/client-ec2";
import { boolean, number, string } from "../../core/schema";
import type { Values } from "../../core/wire";
import type { Aws } from "../context";
import { tagState, type AwsResource } from "../resource";
import { retrying } from "../wait";
import { ec2Resource, tagSpecifications } from "./tags";

/** A group of a VPC. It starts with no rule at all: like the real provider, it takes AWS's "everything out" rule away. */
export const securityGroup = ec2Resource({
  properties: {
    name: string({ computed: true, forceNew: true }),
    description: string({ default: "Managed by Pulumi", forceNew: true }),
    vpcId: string({ computed: true, forceNew: true }),
    revokeRulesOnDelete: boolean({ default: false, writeOnly: true }),
    arn: string({ output: true }),
    ownerId: string({ output: true }),
  },
  autoname: { property: "name", maxLength: 255 },
  async create(aws, inputs) {
    const { GroupId } = await (
      await aws.ec2()
    ).createSecurityGroup({
      GroupName: inputs.name as string,
      Description: inputs.description as string,
      VpcId: inputs.vpcId as string | undefined,
      ...tagSpecifications(aws, "security-group", inputs),
    });
    return { id: GroupId! };
  },
  ready: (aws, id) => revokeAll(aws, id),
  async read(aws, id, known) {
    const { SecurityGroups: [found] = [] } = await (await aws.ec2()).describeSecurityGroups({ GroupIds: [id] });
    return (
      found && {
        arn: found.SecurityGroupArn ?? (await aws.arn("ec2", `security-group/${id}`, found.OwnerId)),
        name: found.GroupName,
        description: found.Description,
        ownerId: found.OwnerId,
        vpcId: found.VpcId,
        ...tagState(aws, found.Tags, known),
      }
    );
  },
  update: async () => undefined, // nothing of it is sent to AWS: revokeRulesOnDelete is for later
  async delete(aws, id, state) {
    const ec2 = await aws.ec2();
    if (state.revokeRulesOnDelete === true) await revokeAll(aws, id);
    await retrying(aws, ["DependencyViolation", "InvalidGroup.InUse"], 15, () =>
      ec2.deleteSecurityGroup({ GroupId: id }),
    );
  },
});

async function revokeAll(aws: Aws, id: string): Promise<void> {
  const ec2 = await aws.ec2();
  const { SecurityGroups: [found] = [] } = await ec2.describeSecurityGroups({ GroupIds: [id] });
  const { IpPermissionsEgress: out = [], IpPermissions: into = [] } = found ?? {};
  if (out.length > 0) await ec2.revokeSecurityGroupEgress({ GroupId: id, IpPermissions: out });
  if (into.length > 0) await ec2.revokeSecurityGroupIngress({ GroupId: id, IpPermissions: into });
}

/** What is allowed into a group's members. */
export const securityGroupIngressRule = rule(false);
/** What a group's members may reach. */
export const securityGroupEgressRule = rule(true);

function rule(egress: boolean): AwsResource {
  return ec2Resource({
    properties: {
      securityGroupId: string({ required: true, forceNew: true }),
      ipProtocol: string({ required: true }),
      fromPort: number(),
      toPort: number(),
      description: string(),
      cidrIpv4: string(),
      cidrIpv6: string(),
      prefixListId: string(),
      referencedSecurityGroupId: string(),
      arn: string({ output: true }),
      securityGroupRuleId: string({ output: true }),
    },
    exactlyOneOf: [["cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"]],
    async create(aws, inputs) {
      const ec2 = await aws.ec2();
      const request = {
        GroupId: inputs.securityGroupId as string,
        IpPermissions: [permission(inputs)],
        ...tagSpecifications(aws, "security-group-rule", inputs),
      };
      const { SecurityGroupRules: [made] = [] } = egress
        ? await ec2.authorizeSecurityGroupEgress(request)
        : await ec2.authorizeSecurityGroupIngress(request);
      return { id: made.SecurityGroupRuleId! };
    },
    async read(aws, id, known) {
      const { SecurityGroupRules: [found] = [] } = await (
        await aws.ec2()
      ).describeSecurityGroupRules({ SecurityGroupRuleIds: [id] });
      if (!found || found.IsEgress !== egress) return undefined;
      return { ...(await stateOf(aws, found)), ...tagState(aws, found.Tags, known) };
    },
    async update(aws, id, { inputs }) {
      await (
        await aws.ec2()
      ).modifySecurityGroupRules({
        GroupId: inputs.securityGroupId as string,
        SecurityGroupRules: [{ SecurityGroupRuleId: id, SecurityGroupRule: modification(inputs) }],
      });
    },
    async delete(aws, id, state) {
      const ec2 = await aws.ec2();
      const request = { GroupId: state.securityGroupId as string, SecurityGroupRuleIds: [id] };
      await (egress ? ec2.revokeSecurityGroupEgress(request) : ec2.revokeSecurityGroupIngress(request));
    },
  });
}

function permission(inputs: Values): IpPermission {
  const Description = inputs.description as string | undefined;
  return {
    IpProtocol: inputs.ipProtocol as string,
    FromPort: inputs.fromPort as number | undefined,
    ToPort: inputs.toPort as number | undefined,
    ...(inputs.cidrIpv4 ? { IpRanges: [{ CidrIp: inputs.cidrIpv4 as string, Description }] } : {}),
    ...(inputs.cidrIpv6 ? { Ipv6Ranges: [{ CidrIpv6: inputs.cidrIpv6 as string, Description }] } : {}),
    ...(inputs.prefixListId ? { PrefixListIds: [{ PrefixListId: inputs.prefixListId as string, Description }] } : {}),
    ...(inputs.referencedSecurityGroupId
      ? { UserIdGroupPairs: [{ GroupId: inputs.referencedSecurityGroupId as string, Description }] }
      : {}),
  };
}

function modification(inputs: Values): SecurityGroupRuleRequest {
  return {
    IpProtocol: inputs.ipProtocol as string,
    FromPort: inputs.fromPort as number | undefined,
    ToPort: inputs.toPort as number | undefined,
    Description: inputs.description as string | undefined,
    CidrIpv4: inputs.cidrIpv4 as string | undefined,
    CidrIpv6: inputs.cidrIpv6 as string | undefined,
    PrefixListId: inputs.prefixListId as string | undefined,
    ReferencedGroupId: inputs.referencedSecurityGroupId as string | undefined,
  };
}

/** For every protocol at once the API answers with port -1, which a program does not give. */
async function stateOf(aws: Aws, found: SecurityGroupRule): Promise<Values> {
  const ports = found.IpProtocol === "-1" ? {} : { fromPort: found.FromPort, toPort: found.ToPort };
  return {
    arn:
      found.SecurityGroupRuleArn ??
      (await aws.arn("ec2", `security-group-rule/${found.SecurityGroupRuleId}`, found.GroupOwnerId)),
    securityGroupRuleId: found.SecurityGroupRuleId,
    securityGroupId: found.GroupId,
    ipProtocol: found.IpProtocol,
    ...ports,
    description: found.Description || undefined,
    cidrIpv4: found.CidrIpv4,
    cidrIpv6: found.CidrIpv6,
    prefixListId: found.PrefixListId,
    referencedSecurityGroupId: found.ReferencedGroupInfo?.GroupId,
  };
}
