import type { SecretName } from "../userdata/service";
import type { Facts } from "./facts";
import type { HostPlan } from "./hosts";
import type { Names } from "./names";

/** A kind of host, and what its instance role may do. */
export interface TierPlan {
  name: string;
  /** The secrets that its services read. */
  secrets: SecretName[];
  /** Its role's policy. */
  policy: PolicyDocument;
}

/** An IAM policy. */
export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: { Sid: string; Effect: "Allow"; Action: string[]; Resource: string[] }[];
}

/**
 * What the SSM agent needs for sessions and for commands that are sent to the host. AWS's own policy for this,
 * AmazonSSMManagedInstanceCore, also allows ssm:GetParameter on every parameter of the account, and with that every host could read every
 * secret.
 */
const AGENT_ACTIONS = [
  "ssm:UpdateInstanceInformation",
  "ssmmessages:CreateControlChannel",
  "ssmmessages:CreateDataChannel",
  "ssmmessages:OpenControlChannel",
  "ssmmessages:OpenDataChannel",
  // Agents before 3.3.40, which an image may bring, get their commands by these.
  "ec2messages:AcknowledgeMessage",
  "ec2messages:DeleteMessage",
  "ec2messages:FailMessage",
  "ec2messages:GetEndpoint",
  "ec2messages:GetMessages",
  "ec2messages:SendReply",
];

/** Derives the kinds of hosts: each may read the secrets that its services name, and write its own boot reports. */
export function planTiers(
  hosts: HostPlan[],
  secretsOf: (host: HostPlan) => SecretName[],
  facts: Facts,
  names: Names,
): TierPlan[] {
  const parameter = (name: string) => `arn:${facts.partition}:ssm:${facts.region}:${facts.account}:parameter${name}`;
  return [...new Set(hosts.map(({ tier }) => tier))].map((name) => {
    const members = hosts.filter(({ tier }) => tier === name);
    const secrets = [...new Set(members.flatMap(secretsOf))].sort();
    const policy: PolicyDocument = {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "ReadSecrets",
          Effect: "Allow",
          Action: ["ssm:GetParameter", "ssm:GetParameters"],
          Resource: secrets.map((secret) => parameter(`${names.secretPath}/${secret}`)),
        },
        {
          Sid: "ReportBoot",
          Effect: "Allow",
          Action: ["ssm:PutParameter"],
          Resource: members.map(({ bootReport }) => parameter(bootReport)),
        },
        { Sid: "Agent", Effect: "Allow", Action: AGENT_ACTIONS, Resource: ["*"] },
      ],
    };
    return { name, secrets, policy };
  });
}
