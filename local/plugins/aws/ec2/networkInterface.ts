/** aws:ec2/networkInterface:NetworkInterface. */
import { boolean, set, string } from "../../core/schema";
import type { Aws } from "../context";
import { strings, tagState } from "../resource";
import { until } from "../wait";
import { ec2Resource, tagSpecifications } from "./tags";

/** An address in a subnet, which instances come and go behind. */
export const networkInterface = ec2Resource({
  properties: {
    subnetId: string({ required: true, forceNew: true }),
    privateIps: set(string(), { computed: true }),
    securityGroups: set(string(), { computed: true }),
    description: string(),
    sourceDestCheck: boolean({ default: true }),
    arn: string({ output: true }),
    interfaceType: string({ output: true }),
    macAddress: string({ output: true }),
    ownerId: string({ output: true }),
    privateDnsName: string({ output: true }),
    privateIp: string({ output: true }),
  },
  async create(aws, inputs) {
    const [first, ...others] = strings(inputs.privateIps);
    const { NetworkInterface } = await (
      await aws.ec2()
    ).createNetworkInterface({
      SubnetId: inputs.subnetId as string,
      Description: inputs.description as string | undefined,
      Groups: inputs.securityGroups ? strings(inputs.securityGroups) : undefined,
      ...(first
        ? {
            PrivateIpAddresses: [
              { PrivateIpAddress: first, Primary: true },
              ...others.map((PrivateIpAddress) => ({ PrivateIpAddress, Primary: false })),
            ],
          }
        : {}),
      ...tagSpecifications(aws, "network-interface", inputs),
    });
    return { id: NetworkInterface!.NetworkInterfaceId! };
  },
  async ready(aws, id, inputs) {
    await until(aws, `EC2 Network Interface (${id}) create`, 10, async () => {
      const state = (await describe(aws, id))?.Status ?? "";
      return state === "available" ? { done: true } : { done: false, state };
    });
    if (inputs.sourceDestCheck === false) await setSourceDestCheck(aws, id, false);
  },
  async read(aws, id, known) {
    const found = await describe(aws, id);
    return (
      found && {
        arn: await aws.arn("ec2", `network-interface/${id}`, found.OwnerId),
        description: found.Description || undefined,
        interfaceType: found.InterfaceType,
        macAddress: found.MacAddress,
        ownerId: found.OwnerId,
        privateDnsName: found.PrivateDnsName,
        privateIp: found.PrivateIpAddress,
        privateIps: (found.PrivateIpAddresses ?? []).map(({ PrivateIpAddress }) => PrivateIpAddress!),
        securityGroups: (found.Groups ?? []).map(({ GroupId }) => GroupId!),
        sourceDestCheck: found.SourceDestCheck,
        subnetId: found.SubnetId,
        ...tagState(aws, found.TagSet, known),
      }
    );
  },
  async update(aws, id, { old, inputs, changed }) {
    const ec2 = await aws.ec2();
    if (changed.has("privateIps")) {
      const [before, wanted] = [strings(old.privateIps), strings(inputs.privateIps)];
      const [gone, added] = [before.filter((ip) => !wanted.includes(ip)), wanted.filter((ip) => !before.includes(ip))];
      if (gone.length > 0) await ec2.unassignPrivateIpAddresses({ NetworkInterfaceId: id, PrivateIpAddresses: gone });
      if (added.length > 0) await ec2.assignPrivateIpAddresses({ NetworkInterfaceId: id, PrivateIpAddresses: added });
    }
    if (changed.has("securityGroups")) {
      await ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId: id, Groups: strings(inputs.securityGroups) });
    }
    if (changed.has("description")) {
      const Description = { Value: (inputs.description as string | undefined) ?? "" };
      await ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId: id, Description });
    }
    if (changed.has("sourceDestCheck")) await setSourceDestCheck(aws, id, inputs.sourceDestCheck as boolean);
  },
  async delete(aws, id) {
    const attachment = (await describe(aws, id))?.Attachment;
    if (attachment?.AttachmentId) await detach(aws, id, attachment.AttachmentId);
    await (await aws.ec2()).deleteNetworkInterface({ NetworkInterfaceId: id });
  },
});

async function describe(aws: Aws, id: string) {
  const { NetworkInterfaces: [found] = [] } = await (
    await aws.ec2()
  ).describeNetworkInterfaces({ NetworkInterfaceIds: [id] });
  return found;
}

async function setSourceDestCheck(aws: Aws, id: string, Value: boolean): Promise<void> {
  await (await aws.ec2()).modifyNetworkInterfaceAttribute({ NetworkInterfaceId: id, SourceDestCheck: { Value } });
}

async function detach(aws: Aws, id: string, attachmentId: string): Promise<void> {
  await (await aws.ec2()).detachNetworkInterface({ AttachmentId: attachmentId, Force: true });
  await until(aws, `EC2 Network Interface (${id}) detach`, 10, async () => {
    const state = (await describe(aws, id))?.Status ?? "";
    return state === "available" || state === "" ? { done: true } : { done: false, state };
  });
}
