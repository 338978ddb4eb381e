import {
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import type { HostExit } from "../host";

/**
 * Tells the API that an instance has ended by itself. One that powered itself off is stopped, or terminated where its
 * shutdown behaviour says so; one that crashed or was killed is stopped, and can be started again.
 */
export async function stopInApi(ec2: EC2Client, instanceId: string, exit: HostExit): Promise<void> {
  const ids = { InstanceIds: [instanceId] };
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand(ids));
  const [instance] = Reservations.flatMap(({ Instances = [] }) => Instances);
  // It ended because the API was told so. moto would bring one back that is terminated, if it were to stop it.
  if (instance?.State?.Name !== "running") return;
  const attribute = new DescribeInstanceAttributeCommand({
    InstanceId: instanceId,
    Attribute: "instanceInitiatedShutdownBehavior",
  });
  const behaviour = (await ec2.send(attribute)).InstanceInitiatedShutdownBehavior?.Value;
  if (exit.reason === "poweroff" && behaviour === "terminate") await ec2.send(new TerminateInstancesCommand(ids));
  else await ec2.send(new StopInstancesCommand(ids));
}
