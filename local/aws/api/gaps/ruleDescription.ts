import { DescribeSecurityGroupsCommand, type IpPermission, type SecurityGroup } from "@aws-sdk/client-ec2";
import type { Element } from "@xmldom/xmldom";
import type { Gap } from "../gap";
import { child, childText, elements, setChildText } from "../xml";

/** moto forgets the description of a rule whose peer is a security group, when it lists rules; not when it lists groups. */
export const ruleDescription: Gap = {
  service: "ec2",
  actions: ["DescribeSecurityGroupRules"],
  async amend(document, machine) {
    const [set] = elements(document, "securityGroupRuleSet");
    const rules = set ? elements(set, "item").filter((rule) => child(rule, "referencedGroupInfo")) : [];
    const bare = rules.filter((rule) => childText(rule, "description") === "");
    if (bare.length === 0) return;
    const GroupIds = [...new Set(bare.map((rule) => childText(rule, "groupId")))];
    const { SecurityGroups = [] } = await machine.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds }));
    for (const rule of bare) {
      const description = describe(rule, SecurityGroups);
      if (description) setChildText(rule, "description", description);
    }
  },
};

function describe(rule: Element, groups: SecurityGroup[]): string | undefined {
  const group = groups.find(({ GroupId }) => GroupId === childText(rule, "groupId"));
  const isEgress = childText(rule, "isEgress") === "true";
  const permissions = (isEgress ? group?.IpPermissionsEgress : group?.IpPermissions) ?? [];
  const peer = childText(child(rule, "referencedGroupInfo")!, "groupId");
  return permissions
    .filter((permission) => isOf(rule, permission))
    .flatMap(({ UserIdGroupPairs = [] }) => UserIdGroupPairs)
    .find(({ GroupId, Description }) => GroupId === peer && Description)?.Description;
}

function isOf(rule: Element, { IpProtocol, FromPort, ToPort }: IpPermission): boolean {
  // A rule for all ports has none in the one listing, and -1 in the other.
  const port = (value: number | undefined) => String(value ?? -1);
  const own = (name: string) => childText(rule, name) || "-1";
  return (
    childText(rule, "ipProtocol") === IpProtocol && own("fromPort") === port(FromPort) && own("toPort") === port(ToPort)
  );
}
