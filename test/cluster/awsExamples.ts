import type { AwsForTests } from "./awsCli";

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
