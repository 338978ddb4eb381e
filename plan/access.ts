import type { AwsCalls, SecretName } from "../userdata/service";
import type { Facts } from "./facts";
import type { HostPlan } from "./hosts";
import type { Names } from "./names";

/** A host's instance role, and what it may do. */
export interface RolePlan {
  /** The host's name. */
  name: string;
  /** The whole account sees IAM's names, and 64 characters have no room for the cluster's besides the host's: the path has it. */
  path: string;
  /** The secrets that its services read. */
  secrets: SecretName[];
  policy: PolicyDocument;
}

/** An IAM policy. */
export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: Statement[];
}

/** One thing that a policy allows. */
export interface Statement {
  Sid: string;
  Effect: "Allow";
  Action: string[];
  Resource: string[];
  Condition?: { StringEquals: Record<string, string> };
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

/**
 * Derives the hosts' roles: each may read the secrets that its services name, write its own boot report, and make the calls that its
 * services say they make. A role for each host rather than for each kind: a host that is broken into cannot tell of another that it is ready.
 */
export function planRoles(
  hosts: HostPlan[],
  secretsOf: (host: HostPlan) => SecretName[],
  facts: Facts,
  names: Names,
): RolePlan[] {
  const arn = (service: string, resource: string) =>
    `arn:${facts.partition}:${service}:${facts.region}:${facts.account}:${resource}`;
  const parameter = (name: string) => arn("ssm", `parameter${name}`);
  const allow = ({ name, actions, resource, onlyIf }: AwsCalls, host: string): Statement => {
    const [service, ...rest] = resource?.replaceAll("{host}", host).split(":") ?? [];
    return {
      Sid: name,
      Effect: "Allow",
      Action: actions,
      Resource: [resource === undefined ? "*" : arn(service, rest.join(":"))],
      ...(onlyIf && { Condition: { StringEquals: onlyIf } }),
    };
  };
  return hosts.map((host) => {
    const { name, bootReport, services } = host;
    const secrets = secretsOf(host);
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
          Resource: [parameter(bootReport)],
        },
        { Sid: "Agent", Effect: "Allow", Action: AGENT_ACTIONS, Resource: ["*"] },
        ...services.flatMap(({ calls = [] }) => calls).map((calls) => allow(calls, name)),
      ],
    };
    return { name, path: names.rolePath, secrets, policy };
  });
}
