import {
  AttachNetworkInterfaceCommand,
  CreateNetworkInterfaceCommand,
  DeleteNetworkInterfaceCommand,
  DetachNetworkInterfaceCommand,
  ModifyNetworkInterfaceAttributeCommand,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import type { Cloud, LoadBalancer, NetworkInterface } from "../model/model";
import { interfaceDescription } from "./balancerPlan";

/** What AWS does with network interfaces by itself and moto does not. */
export interface InterfaceChanges {
  /** A load balancer has an interface in each of its subnets. */
  create: { balancer: LoadBalancer; subnetId: string }[];
  /** With the load balancer's security groups. */
  regroup: { id: string; groups: string[] }[];
  /** And none when it is gone. */
  remove: string[];
  /** A terminated instance lets go of its interfaces. */
  release: NetworkInterface[];
}

/** @param isThere whether the instance is still on the machine: until it is gone, it keeps its interface */
export function interfaceChanges(cloud: Cloud, isThere: (instanceId: string) => boolean): InterfaceChanges {
  const wanted = cloud.loadBalancers.flatMap((balancer) =>
    balancer.subnetIds.map((subnetId) => ({ balancer, subnetId, description: interfaceDescription(balancer) })),
  );
  const of = ({ description, subnetId }: { description: string; subnetId: string }) =>
    cloud.interfaces.find((eni) => eni.description === description && eni.subnetId === subnetId);
  const present = wanted.flatMap((want) => ({ want, eni: of(want) }));
  const alive = new Set(cloud.instances.filter((i) => i.state !== "terminated").map((instance) => instance.id));
  return {
    create: present.filter(({ eni }) => !eni).map(({ want: { balancer, subnetId } }) => ({ balancer, subnetId })),
    regroup: present.flatMap(({ want, eni }) =>
      eni && [...eni.groups].sort().join() !== [...want.balancer.groups].sort().join()
        ? [{ id: eni.id, groups: want.balancer.groups }]
        : [],
    ),
    remove: cloud.interfaces
      .filter((eni) => eni.description.startsWith("ELB app/"))
      .filter((eni) => !wanted.some((want) => want.description === eni.description && want.subnetId === eni.subnetId))
      .map((eni) => eni.id),
    release: cloud.interfaces.filter(
      ({ attachment }) => attachment && !alive.has(attachment.instanceId) && !isThere(attachment.instanceId),
    ),
  };
}

/** @returns whether anything was changed */
export async function changeInterfaces(ec2: EC2Client, changes: InterfaceChanges): Promise<boolean> {
  for (const { balancer, subnetId } of changes.create) {
    const Description = interfaceDescription(balancer);
    await ec2.send(new CreateNetworkInterfaceCommand({ SubnetId: subnetId, Groups: balancer.groups, Description }));
  }
  for (const { id, groups } of changes.regroup) {
    await ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: id, Groups: groups }));
  }
  for (const id of changes.remove) await ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id }));
  for (const eni of changes.release) await release(ec2, eni);
  return Object.values(changes).some((list) => list.length > 0);
}

async function release(ec2: EC2Client, { id, attachment }: NetworkInterface): Promise<void> {
  if (!attachment) return;
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
