/** An instance in the cluster's VPC that is none of the cluster's: what somebody reaches who has got as far as that. */
import { EC2 } from "@aws-sdk/client-ec2";
import { machineImage } from "../../local/aws/options";
import { eventually } from "./awsCli";
import type { Deployment } from "./deployment";
import type { Place } from "./reach";

export class Stranger {
  private constructor(
    private readonly ec2: EC2,
    readonly instanceId: string,
    private readonly groupId: string,
    readonly vpcId: string,
    readonly place: Place,
  ) {}

  /** Launches it beside a host of the cluster, with a security group that lets it out to everywhere. Resolves once programs run on it. */
  static async launch({ local, outputs }: Deployment, userData = "#!/bin/sh\n"): Promise<Stranger> {
    const ec2 = new EC2(local.client);
    const beside = await ec2.describeInstances({ InstanceIds: [outputs.hosts[0].instanceId] });
    const { VpcId, SubnetId } = beside.Reservations![0].Instances![0];
    const group = { GroupName: `stranger-${Date.now()}`, Description: "none of the cluster's", VpcId };
    const GroupId = (await ec2.createSecurityGroup(group)).GroupId!;
    const { Instances = [] } = await ec2.runInstances({
      ...{ ImageId: machineImage.id, InstanceType: "t3.small", MinCount: 1, MaxCount: 1 },
      ...{ SubnetId, SecurityGroupIds: [GroupId], UserData: Buffer.from(userData).toString("base64") },
    });
    const [{ InstanceId, PrivateIpAddress }] = Instances;
    const run = (argv: string[]) => local.exec(InstanceId!, argv);
    const place = { name: "a stranger", address: PrivateIpAddress!, run };
    const stranger = new Stranger(ec2, InstanceId!, GroupId, VpcId!, place);
    try {
      await eventually(
        () => run(["systemctl", "is-active", "multi-user.target"]).catch(() => undefined),
        (answer) => answer?.code === 0,
        60,
      );
    } catch (error) {
      await stranger.end();
      throw error;
    }
    return stranger;
  }

  async end(): Promise<void> {
    await this.ec2.terminateInstances({ InstanceIds: [this.instanceId] });
    await eventually(
      () => this.ec2.deleteSecurityGroup({ GroupId: this.groupId }).catch(() => undefined),
      (answer) => answer !== undefined,
    );
  }
}
