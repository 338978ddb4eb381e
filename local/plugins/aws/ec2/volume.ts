/** aws:ebs/volume:Volume and aws:ec2/volumeAttachment:VolumeAttachment. */
import { crc32 } from "node:zlib";
import type { VolumeType } from "@aws-sdk/client-ec2";
import { boolean, number, string } from "../../core/schema";
import type { Aws } from "../context";
import { regional, tagState } from "../resource";
import { retrying, until, untilGone } from "../wait";
import { stop } from "./power";
import { ec2Resource, tagSpecifications } from "./tags";

/** A disk of one availability zone. */
export const volume = ec2Resource({
  properties: {
    availabilityZone: string({ required: true, forceNew: true }),
    size: number({ computed: true }),
    type: string({ computed: true }),
    iops: number({ computed: true }),
    throughput: number({ computed: true }),
    encrypted: boolean({ computed: true, forceNew: true }),
    kmsKeyId: string({ computed: true, forceNew: true }),
    snapshotId: string({ computed: true, forceNew: true }),
    arn: string({ output: true }),
    createTime: string({ output: true }),
  },
  async create(aws, inputs) {
    const { VolumeId } = await (
      await aws.ec2()
    ).createVolume({
      AvailabilityZone: inputs.availabilityZone as string,
      Size: inputs.size as number | undefined,
      VolumeType: inputs.type as VolumeType | undefined,
      Iops: inputs.iops as number | undefined,
      Throughput: inputs.throughput as number | undefined,
      Encrypted: inputs.encrypted as boolean | undefined,
      KmsKeyId: inputs.kmsKeyId as string | undefined,
      SnapshotId: inputs.snapshotId as string | undefined,
      ...tagSpecifications(aws, "volume", inputs),
    });
    return { id: VolumeId! };
  },
  ready: (aws, id) =>
    until(aws, `EBS Volume (${id}) create`, 5, async () => {
      const state = (await describe(aws, id))?.State ?? "";
      return state === "available" ? { done: true } : { done: false, state };
    }),
  async read(aws, id, known) {
    const found = await describe(aws, id);
    return (
      found && {
        arn: await aws.arn("ec2", `volume/${id}`),
        availabilityZone: found.AvailabilityZone,
        createTime: found.CreateTime?.toISOString(),
        encrypted: found.Encrypted,
        iops: found.Iops,
        kmsKeyId: found.KmsKeyId,
        size: found.Size,
        snapshotId: found.SnapshotId,
        throughput: found.Throughput,
        type: found.VolumeType,
        ...tagState(aws, found.Tags, known),
      }
    );
  },
  async update(aws, id, { inputs, changed }) {
    await (
      await aws.ec2()
    ).modifyVolume({
      VolumeId: id,
      ...(changed.has("size") ? { Size: inputs.size as number } : {}),
      ...(changed.has("type") ? { VolumeType: inputs.type as VolumeType } : {}),
      ...(changed.has("iops") ? { Iops: inputs.iops as number } : {}),
      ...(changed.has("throughput") ? { Throughput: inputs.throughput as number } : {}),
    });
  },
  async delete(aws, id) {
    const ec2 = await aws.ec2();
    await retrying(aws, ["VolumeInUse"], 10, () => ec2.deleteVolume({ VolumeId: id }));
    await untilGone(aws, `EBS Volume (${id}) delete`, 10, async () => (await describe(aws, id))?.State);
  },
});

async function describe(aws: Aws, id: string) {
  const { Volumes: [found] = [] } = await (await aws.ec2()).describeVolumes({ VolumeIds: [id] });
  return found;
}

/** A volume at an instance. */
export const volumeAttachment = regional({
  properties: {
    deviceName: string({ required: true, forceNew: true }),
    instanceId: string({ required: true, forceNew: true }),
    volumeId: string({ required: true, forceNew: true }),
    forceDetach: boolean({ writeOnly: true }),
    skipDestroy: boolean({ writeOnly: true }),
    stopInstanceBeforeDetaching: boolean({ writeOnly: true }),
  },
  async create(aws, inputs) {
    const [instanceId, volumeId, device] = [inputs.instanceId, inputs.volumeId, inputs.deviceName] as string[];
    const ec2 = await aws.ec2();
    await retrying(aws, ["IncorrectState"], 10, () =>
      ec2.attachVolume({ InstanceId: instanceId, VolumeId: volumeId, Device: device }),
    );
    return { id: `vai-${crc32(`${device}-${instanceId}-${volumeId}-`)}` };
  },
  ready: (aws, id, inputs) =>
    until(aws, `EBS Volume Attachment (${id}) create`, 5, async () => {
      const state = (await attachment(aws, inputs.volumeId as string, inputs.instanceId as string))?.State ?? "";
      return state === "attached" ? { done: true } : { done: false, state };
    }),
  async read(aws, id, known) {
    // The real provider imports by `<device>:<volume>:<instance>`.
    const [device, volumeId, instanceId] = known.volumeId
      ? ([known.deviceName, known.volumeId, known.instanceId] as string[])
      : id.split(":");
    const found = await attachment(aws, volumeId, instanceId);
    return found && { deviceName: found.Device ?? device, volumeId, instanceId };
  },
  update: async () => undefined, // what can change is for the detaching only
  async delete(aws, id, state) {
    const [instanceId, volumeId] = [state.instanceId, state.volumeId] as string[];
    if (state.skipDestroy === true || !(await attachment(aws, volumeId, instanceId))) return;
    if (state.stopInstanceBeforeDetaching === true) await stop(aws, instanceId);
    await (
      await aws.ec2()
    ).detachVolume({
      InstanceId: instanceId,
      VolumeId: volumeId,
      Device: state.deviceName as string,
      Force: state.forceDetach === true,
    });
    await untilGone(
      aws,
      `EBS Volume Attachment (${id}) delete`,
      5,
      async () => (await attachment(aws, volumeId, instanceId))?.State,
    );
  },
});

/** The attachment, unless it is over. */
async function attachment(aws: Aws, volumeId: string, instanceId: string) {
  const found = (await describe(aws, volumeId))?.Attachments?.find(({ InstanceId }) => InstanceId === instanceId);
  return found?.State === "detached" ? undefined : found;
}
