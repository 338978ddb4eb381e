/** Changing an instance in place. */
import type { VolumeType } from "@aws-sdk/client-ec2";
import type { Change } from "../../core/schema";
import { isEmpty } from "../../core/compare";
import { isObject, type Values } from "../../core/wire";
import type { Aws } from "../context";
import { strings, tagsOf } from "../resource";
import { metadata, userDataOf } from "./instanceLaunch";
import { describeInstance, start, stop } from "./power";

/** Makes the changes; those of the type and of user data need the instance to be stopped for a while. */
export async function updateInstance(aws: Aws, id: string, change: Change): Promise<void> {
  const { old, inputs, changed } = change;
  const ec2 = await aws.ec2();
  if (changed.has("iamInstanceProfile")) await replaceProfile(aws, id, inputs.iamInstanceProfile as string | undefined);
  if (changed.has("vpcSecurityGroupIds")) {
    const NetworkInterfaceId = old.primaryNetworkInterfaceId as string;
    await ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId, Groups: strings(inputs.vpcSecurityGroupIds) });
  }
  if (changed.has("metadataOptions")) {
    await ec2.modifyInstanceMetadataOptions({ InstanceId: id, ...metadata(inputs.metadataOptions).MetadataOptions });
  }
  if (changed.has("disableApiTermination")) {
    const DisableApiTermination = { Value: inputs.disableApiTermination === true };
    await ec2.modifyInstanceAttribute({ InstanceId: id, DisableApiTermination });
  }
  if (changed.has("rootBlockDevice")) await updateRoot(aws, old.rootBlockDevice, inputs.rootBlockDevice);
  const userData = changed.has("userData") || changed.has("userDataBase64");
  if (!userData && !changed.has("instanceType")) return;

  const running = (await describeInstance(aws, id))?.State?.Name === "running";
  await stop(aws, id);
  if (userData) {
    const Value = Buffer.from(userDataOf(inputs) ?? "", "base64");
    await ec2.modifyInstanceAttribute({ InstanceId: id, UserData: { Value } });
  }
  if (changed.has("instanceType")) {
    await ec2.modifyInstanceAttribute({ InstanceId: id, InstanceType: { Value: inputs.instanceType as string } });
  }
  if (running) await start(aws, id);
}

async function replaceProfile(aws: Aws, id: string, Name: string | undefined): Promise<void> {
  const ec2 = await aws.ec2();
  const of = { Filters: [{ Name: "instance-id", Values: [id] }] };
  const { IamInstanceProfileAssociations: [found] = [] } = await ec2.describeIamInstanceProfileAssociations(of);
  const AssociationId = found?.AssociationId;
  if (!Name) {
    if (AssociationId) await ec2.disassociateIamInstanceProfile({ AssociationId });
  } else if (AssociationId) {
    await ec2.replaceIamInstanceProfileAssociation({ AssociationId, IamInstanceProfile: { Name } });
  } else {
    await ec2.associateIamInstanceProfile({ InstanceId: id, IamInstanceProfile: { Name } });
  }
}

async function updateRoot(aws: Aws, before: Values[string], wanted: Values[string]): Promise<void> {
  if (!isObject(before) || !isObject(wanted)) return;
  const ec2 = await aws.ec2();
  const VolumeId = before.volumeId as string;
  const differs = (key: string) => wanted[key] !== undefined && wanted[key] !== before[key];
  const changes = {
    ...(differs("volumeSize") ? { Size: wanted.volumeSize as number } : {}),
    ...(differs("volumeType") ? { VolumeType: wanted.volumeType as VolumeType } : {}),
    ...(differs("iops") ? { Iops: wanted.iops as number } : {}),
    ...(differs("throughput") ? { Throughput: wanted.throughput as number } : {}),
  };
  if (!isEmpty(changes)) await ec2.modifyVolume({ VolumeId, ...changes });
  const tags = tagsOf(aws, wanted);
  const gone = Object.keys(isObject(before.tags) ? before.tags : {}).filter(
    (Key) => !tags.some((tag) => tag.Key === Key),
  );
  if (gone.length > 0) await ec2.deleteTags({ Resources: [VolumeId], Tags: gone.map((Key) => ({ Key })) });
  if (tags.length > 0) await ec2.createTags({ Resources: [VolumeId], Tags: tags });
}
