/** Hosts of the local AWS that were told nothing: what a cluster's start cannot be faster than, and what the guide begins with. */
import { EC2 } from "@aws-sdk/client-ec2";
import { machineImage } from "../../local/aws/options";
import { type LocalAws, startLocalAws } from "../../local/cluster/localAws";
import type { Tools } from "../../local/tools";

export interface BareHost {
  id: string;
  address: string;
}

export class BareHosts {
  private constructor(
    private readonly local: LocalAws,
    readonly hosts: BareHost[],
  ) {}

  /** Makes a network for them, which takes no part in what is measured. */
  static async prepare(tools: Tools): Promise<{ launch: (count: number) => Promise<BareHosts> }> {
    const local = await startLocalAws(tools, () => undefined);
    const ec2 = new EC2(local.client);
    const network = await createNetwork(ec2);
    await local.settled();
    const launch = async (count: number) => {
      const { Instances = [] } = await ec2.runInstances({
        ImageId: machineImage.id,
        InstanceType: "t3.small",
        MinCount: count,
        MaxCount: count,
        ...network,
      });
      const hosts = Instances.map(({ InstanceId, PrivateIpAddress }) => ({
        id: InstanceId!,
        address: PrivateIpAddress!,
      }));
      await local.settled();
      const bare = new BareHosts(local, hosts);
      await Promise.all(hosts.map((host) => bare.exec(host, "cloud-init status --wait")));
      return bare;
    };
    return { launch };
  }

  /** What a script that runs as root on a host prints. Fails unless it ends well. */
  async exec(host: BareHost, script: string): Promise<string> {
    const { stdout, stderr, code } = await this.local.exec(host.id, ["bash", "-ec", script]);
    if (code !== 0) throw new Error(`${script}: exit status ${code}: ${stderr}${stdout}`);
    return stdout.trim();
  }
}

const NETWORK = "10.40.0.0/16";

/** A subnet with a way to the internet, whose hosts reach each other. */
async function createNetwork(ec2: EC2): Promise<{ SubnetId: string; SecurityGroupIds: string[] }> {
  const { Vpc } = await ec2.createVpc({ CidrBlock: NETWORK });
  const VpcId = Vpc!.VpcId!;
  const { Subnet } = await ec2.createSubnet({ VpcId, CidrBlock: "10.40.1.0/24", AvailabilityZone: "eu-west-1a" });
  const { InternetGateway } = await ec2.createInternetGateway({});
  const { InternetGatewayId } = InternetGateway!;
  await ec2.attachInternetGateway({ VpcId, InternetGatewayId });
  const { RouteTables } = await ec2.describeRouteTables({ Filters: [{ Name: "vpc-id", Values: [VpcId] }] });
  const { RouteTableId } = RouteTables![0];
  await ec2.createRoute({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId: InternetGatewayId });
  const { GroupId } = await ec2.createSecurityGroup({
    VpcId,
    GroupName: "bare",
    Description: "Hosts that trust each other",
  });
  await ec2.authorizeSecurityGroupIngress({
    GroupId,
    IpPermissions: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: NETWORK }] }],
  });
  return { SubnetId: Subnet!.SubnetId!, SecurityGroupIds: [GroupId!] };
}
