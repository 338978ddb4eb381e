import { eventually, type AwsForTests } from "./awsCli";

/** A VPC over two zones, whose main route table leads to the internet. */
export async function createNetwork(aws: AwsForTests): Promise<{ vpc: string; subnets: string[] }> {
  const vpc = await aws.get("ec2 create-vpc", "Vpc.VpcId", "--cidr-block", "10.30.0.0/16");
  const inVpc = ["--vpc-id", vpc];
  const subnet = (cidr: string, zone: string) => {
    const located = ["--cidr-block", cidr, "--availability-zone", zone];
    return aws.get("ec2 create-subnet", "Subnet.SubnetId", ...inVpc, ...located);
  };
  const subnets = [await subnet("10.30.1.0/24", "eu-west-1a"), await subnet("10.30.2.0/24", "eu-west-1b")];
  const gateway = await aws.get("ec2 create-internet-gateway", "InternetGateway.InternetGatewayId");
  await aws.cli("ec2 attach-internet-gateway", ...inVpc, "--internet-gateway-id", gateway);
  const filter = ["--filters", `Name=vpc-id,Values=${vpc}`];
  const table = await aws.get("ec2 describe-route-tables", "RouteTables[0].RouteTableId", ...filter);
  const route = ["--destination-cidr-block", "0.0.0.0/0", "--gateway-id", gateway];
  await aws.cli("ec2 create-route", "--route-table-id", table, ...route);
  return { vpc, subnets };
}

/** What SSM answers a host that asks for a parameter with its role's credentials, as any program there would. */
export async function getParameter(aws: AwsForTests, instanceId: string, role: string, name: string): Promise<unknown> {
  const answer = await aws.sh(
    instanceId,
    `set -e
    I=http://169.254.169.254/latest
    T=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $I/api/token)
    curl -fsS -H "X-aws-ec2-metadata-token: $T" $I/meta-data/iam/security-credentials/${role} > /tmp/credentials
    key() { python3 -c "import json; print(json.load(open('/tmp/credentials'))['$1'])"; }
    curl -sS --aws-sigv4 aws:amz:eu-west-1:ssm --user "$(key AccessKeyId):$(key SecretAccessKey)" \\
      -H "X-Amz-Security-Token: $(key Token)" -H 'X-Amz-Target: AmazonSSM.GetParameter' \\
      -H 'Content-Type: application/x-amz-json-1.1' -d '{"Name": "${name}", "WithDecryption": true}' \\
      https://ssm.eu-west-1.amazonaws.com/`,
  );
  return JSON.parse(answer) as unknown;
}

/** Makes a profile with a role, both of this name, which may do nothing yet. */
export async function createRole(aws: AwsForTests, name: string): Promise<void> {
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
  };
  await aws.cli("iam create-role", "--role-name", name, "--assume-role-policy-document", JSON.stringify(trust));
  await aws.cli("iam create-instance-profile", "--instance-profile-name", name);
  await aws.cli("iam add-role-to-instance-profile", "--instance-profile-name", name, "--role-name", name);
}

/** Gives the instance a profile with a role, both of this name, which may do nothing yet. */
export async function giveRole(aws: AwsForTests, instanceId: string, name: string): Promise<void> {
  await createRole(aws, name);
  const profile = ["--instance-id", instanceId, "--iam-instance-profile", `Name=${name}`];
  await aws.cli("ec2 associate-iam-instance-profile", ...profile);
  await aws.settled();
}

/** Adds to what a role may do. */
export async function allow(aws: AwsForTests, role: string, Action: string[], Resource: string): Promise<void> {
  const document = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource }] });
  const named = ["--role-name", role, "--policy-name", Action[0].replace(":", "-")];
  await aws.cli("iam put-role-policy", ...named, "--policy-document", document);
}

/** Shell commands sent to an instance by Systems Manager. */
export class SentCommands {
  constructor(
    private readonly aws: AwsForTests,
    private readonly instanceId: string,
  ) {}

  /** @param parameters of AWS-RunShellScript @param where to send it instead of to the instance @returns the command's id */
  send(parameters: Record<string, string[]>, ...where: string[]): Promise<string> {
    const to = where.length > 0 ? where : ["--instance-ids", this.instanceId];
    const given = ["--document-name", "AWS-RunShellScript", "--parameters", JSON.stringify(parameters)];
    return this.aws.get("ssm send-command", "Command.CommandId", ...to, ...given);
  }

  /** What GetCommandInvocation says of the command on the instance, once it has ended. */
  end(id: string): Promise<Record<string, string>> {
    const invocation = ["--command-id", id, "--instance-id", this.instanceId];
    const ask = () => this.aws.cli("ssm get-command-invocation", ...invocation);
    return eventually(ask, ({ Status }) => Status !== "InProgress");
  }

  async run(parameters: Record<string, string[]>): Promise<Record<string, string>> {
    return this.end(await this.send(parameters));
  }
}
