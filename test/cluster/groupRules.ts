/** The security group rules of a running cluster, as EC2 has them, and their removal for a while. */
import { EC2, type SecurityGroupRule } from "@aws-sdk/client-ec2";
import type { FirewallPlan, Rule } from "../../plan/firewall";
import type { Deployment } from "./deployment";

/** A port that nobody listens on. */
const UNUSED_PORT = 1;

/** A rule and its direction, which its name is unique with. */
export interface DirectedRule {
  direction: "ingress" | "egress";
  rule: Rule;
}

export const allRules = ({ ingress, egress }: FirewallPlan): DirectedRule[] => [
  ...ingress.map((rule): DirectedRule => ({ direction: "ingress", rule })),
  ...egress.map((rule): DirectedRule => ({ direction: "egress", rule })),
];

export class GroupRules {
  private readonly removed = new Set<DirectedRule>();

  private constructor(
    private readonly ec2: EC2,
    /** The plan's names of the groups, by their ids. */
    private readonly names: Map<string, string>,
    private readonly rules: SecurityGroupRule[],
  ) {}

  /** @param prefix what the names of the cluster's resources begin with */
  static async read({ local }: Deployment, prefix: string): Promise<GroupRules> {
    const ec2 = new EC2(local.client);
    const named = { Filters: [{ Name: "tag:Name", Values: [`${prefix}-*`] }] };
    const { SecurityGroups = [] } = await ec2.describeSecurityGroups(named);
    const names = new Map(
      SecurityGroups.map(({ GroupId, Tags = [] }) => {
        const name = Tags.find(({ Key }) => Key === "Name")?.Value ?? "";
        return [GroupId!, name.slice(prefix.length + 1)];
      }),
    );
    const of = { Filters: [{ Name: "group-id", Values: [...names.keys()] }] };
    const { SecurityGroupRules = [] } = await ec2.describeSecurityGroupRules(of);
    return new GroupRules(ec2, names, SecurityGroupRules);
  }

  /** All of them, a line each, sorted. */
  lines(): string[] {
    return this.rules.map((rule) => this.line(rule)).sort();
  }

  /**
   * Has the rule allow nothing that anybody uses. Changed rather than revoked: Pulumi knows a rule by its id, and one that is made again
   * has another.
   */
  async remove(rule: DirectedRule): Promise<void> {
    this.removed.add(rule);
    await this.modify(rule, UNUSED_PORT);
  }

  async putBack(rule: DirectedRule): Promise<void> {
    await this.modify(rule, rule.rule.traffic.port);
    this.removed.delete(rule);
  }

  /** Puts back what a test that failed has left removed. */
  async restore(): Promise<void> {
    for (const rule of this.removed) await this.putBack(rule);
  }

  private async modify(rule: DirectedRule, port: number): Promise<void> {
    const { GroupId, SecurityGroupRuleId, IpProtocol, CidrIpv4, ReferencedGroupInfo } = this.find(rule);
    const peer = CidrIpv4 ? { CidrIpv4 } : { ReferencedGroupId: ReferencedGroupInfo?.GroupId };
    const SecurityGroupRule = { IpProtocol, FromPort: port, ToPort: port, ...peer };
    await this.ec2.modifySecurityGroupRules({
      GroupId,
      SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule }],
    });
  }

  private find(rule: DirectedRule): SecurityGroupRule {
    const line = plannedLine(rule);
    const found = this.rules.find((candidate) => this.line(candidate) === line);
    if (!found) throw new Error(`EC2 has no rule ${line}`);
    return found;
  }

  private line({ GroupId, IsEgress, IpProtocol, FromPort, ToPort, ...peer }: SecurityGroupRule): string {
    const other = peer.CidrIpv4 ?? this.names.get(peer.ReferencedGroupInfo?.GroupId ?? "") ?? "?";
    const port = FromPort === ToPort ? FromPort : `${FromPort} to ${ToPort}`;
    return [this.names.get(GroupId!), IsEgress ? "to" : "from", other, IpProtocol, port].join(" ");
  }
}

/** The same line, of the plan. */
export function plannedLine({ direction, rule: { group, peer, traffic } }: DirectedRule): string {
  const other = "group" in peer ? peer.group : peer.cidr;
  return [group, direction === "egress" ? "to" : "from", other, traffic.protocol, traffic.port].join(" ");
}
