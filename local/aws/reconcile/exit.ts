import {
  DescribeInstanceAttributeCommand,
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
  const attribute = new DescribeInstanceAttributeCommand({
    InstanceId: instanceId,
    Attribute: "instanceInitiatedShutdownBehavior",
  });
  const behaviour = (await ec2.send(attribute)).InstanceInitiatedShutdownBehavior?.Value;
  if (exit.reason === "poweroff" && behaviour === "terminate") await ec2.send(new TerminateInstancesCommand(ids));
  else await ec2.send(new StopInstancesCommand(ids));
}
