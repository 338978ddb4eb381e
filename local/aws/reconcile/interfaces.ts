import {
  AttachNetworkInterfaceCommand,
  CreateNetworkInterfaceCommand,
  DeleteNetworkInterfaceCommand,
  DescribeInstancesCommand,
  DetachNetworkInterfaceCommand,
  ModifyNetworkInterfaceAttributeCommand,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import type { Cloud, NetworkInterface } from "../model/model";
import { isManaged, managedInterfaces, type ManagedInterface } from "./managed";

/** What AWS does with network interfaces by itself and moto does not. */
export interface InterfaceChanges {
  /** A load balancer and an endpoint have an interface in each of their subnets. */
  create: ManagedInterface[];
  /** With their security groups. */
  regroup: { id: string; groups: string[] }[];
  /** And none when they are gone. */
  remove: string[];
  /** A terminated instance lets go of its interfaces. */
  release: NetworkInterface[];
}

/** @param isThere whether the instance is still on the machine: until it is gone, it keeps its interface */
export function interfaceChanges(cloud: Cloud, isThere: (instanceId: string) => boolean): InterfaceChanges {
  const key = ({ description, subnetId }: { description: string; subnetId: string }) => `${description} ${subnetId}`;
  const wanted = new Map(managedInterfaces(cloud).map((want) => [key(want), want]));
  const present = cloud.interfaces.filter(isManaged);
  const alive = new Set(cloud.instances.filter((i) => i.state !== "terminated").map((instance) => instance.id));
  return {
    create: [...wanted.values()].filter((want) => !present.some((eni) => key(eni) === key(want))),
    regroup: present.flatMap((eni) => {
      const groups = wanted.get(key(eni))?.groups;
      return groups && !sameMembers(groups, eni.groups) ? [{ id: eni.id, groups }] : [];
    }),
    remove: present.filter((eni) => !wanted.has(key(eni))).map((eni) => eni.id),
    release: cloud.interfaces.filter(
      ({ attachment }) => attachment && !alive.has(attachment.instanceId) && !isThere(attachment.instanceId),
    ),
  };
}

function sameMembers(a: string[], b: string[]): boolean {
  return [...a].sort().join() === [...b].sort().join();
}

export async function changeInterfaces(ec2: EC2Client, changes: InterfaceChanges): Promise<void> {
  for (const { subnetId, groups, description } of changes.create) {
    const request = { SubnetId: subnetId, Groups: groups, Description: description };
    await ec2.send(new CreateNetworkInterfaceCommand(request));
  }
  for (const { id, groups } of changes.regroup) {
    await ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: id, Groups: groups }));
  }
  for (const id of changes.remove) await ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id }));
  for (const eni of changes.release) await release(ec2, eni);
}

async function release(ec2: EC2Client, { id, attachment }: NetworkInterface): Promise<void> {
  if (!attachment || (await isAlive(ec2, attachment.instanceId))) return;
  if (attachment.deleteOnTermination) {
    await ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id }));
    return;
  }
  // moto refuses to detach an instance's only interface, even of a terminated instance, which it cannot describe without
  // one: the interface is attached a second time, and that is undone.
  const again = new AttachNetworkInterfaceCommand({
    NetworkInterfaceId: id,
    InstanceId: attachment.instanceId,
    DeviceIndex: 1,
  });
  const { AttachmentId } = await ec2.send(again);
  await ec2.send(new DetachNetworkInterfaceCommand({ AttachmentId }));
}

/** Asked again: while an instance is launched, its interface may be read as attached, and the instance not be read yet. */
async function isAlive(ec2: EC2Client, instanceId: string): Promise<boolean> {
  const Filters = [{ Name: "instance-id", Values: [instanceId] }];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  return Reservations.flatMap(({ Instances = [] }) => Instances).some(({ State }) => State?.Name !== "terminated");
}
