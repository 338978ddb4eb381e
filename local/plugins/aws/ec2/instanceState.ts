/** An instance's state out of what EC2 describes. */
import type { Instance } from "@aws-sdk/client-ec2";
import { isObject, type Values } from "../../core/wire";
import type { Aws } from "../context";
import { tagState } from "../resource";
import { describeInstance } from "./power";

/** Reads an instance; one that has ended, or is ending, is gone. */
export async function readInstance(aws: Aws, id: string, known: Values): Promise<Values | undefined> {
  const found = await describeInstance(aws, id);
  if (!found || found.State?.Name === "terminated" || found.State?.Name === "shutting-down") return undefined;
  const [userData, termination, root] = await Promise.all([
    readUserData(aws, id, known),
    (await aws.ec2()).describeInstanceAttribute({ InstanceId: id, Attribute: "disableApiTermination" }),
    readRootDevice(aws, found, known),
  ]);
  const primary = found.NetworkInterfaces?.find(({ Attachment }) => Attachment?.DeviceIndex === 0);
  const { MetadataOptions: metadata } = found;
  return {
    ami: found.ImageId,
    arn: await aws.arn("ec2", `instance/${id}`, primary?.OwnerId),
    instanceType: found.InstanceType,
    instanceState: found.State?.Name,
    iamInstanceProfile: found.IamInstanceProfile?.Arn?.split("/").at(-1),
    availabilityZone: found.Placement?.AvailabilityZone,
    subnetId: found.SubnetId,
    vpcSecurityGroupIds: (found.SecurityGroups ?? []).map(({ GroupId }) => GroupId!),
    privateIp: found.PrivateIpAddress,
    privateDns: found.PrivateDnsName,
    publicIp: found.PublicIpAddress ?? "",
    publicDns: found.PublicDnsName ?? "",
    associatePublicIpAddress: Boolean(primary?.Association?.PublicIp),
    keyName: found.KeyName,
    sourceDestCheck: found.SourceDestCheck,
    disableApiTermination: termination.DisableApiTermination?.Value ?? false,
    primaryNetworkInterfaceId: primary?.NetworkInterfaceId,
    primaryNetworkInterface: primary && {
      networkInterfaceId: primary.NetworkInterfaceId,
      deleteOnTermination: primary.Attachment?.DeleteOnTermination,
    },
    metadataOptions: metadata && {
      httpEndpoint: metadata.HttpEndpoint,
      httpTokens: metadata.HttpTokens,
      httpPutResponseHopLimit: metadata.HttpPutResponseHopLimit,
      instanceMetadataTags: metadata.InstanceMetadataTags,
    },
    rootBlockDevice: root,
    ...userData,
    ...tagState(aws, found.Tags, known),
  };
}

/** In the form in which the program gives it. */
async function readUserData(aws: Aws, id: string, known: Values): Promise<Values> {
  const { UserData } = await (await aws.ec2()).describeInstanceAttribute({ InstanceId: id, Attribute: "userData" });
  const base64 = UserData?.Value;
  if (!base64) return { userData: undefined, userDataBase64: undefined };
  return known.userDataBase64 !== undefined
    ? { userDataBase64: base64 }
    : { userData: Buffer.from(base64, "base64").toString() };
}

async function readRootDevice(aws: Aws, found: Instance, known: Values): Promise<Values | undefined> {
  const mapping = found.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === found.RootDeviceName);
  if (!mapping?.Ebs?.VolumeId) return undefined;
  const { Volumes: [volume] = [] } = await (await aws.ec2()).describeVolumes({ VolumeIds: [mapping.Ebs.VolumeId] });
  if (!volume) return undefined;
  return {
    deviceName: mapping.DeviceName,
    deleteOnTermination: mapping.Ebs.DeleteOnTermination,
    volumeId: volume.VolumeId,
    volumeSize: volume.Size,
    volumeType: volume.VolumeType,
    iops: volume.Iops,
    throughput: volume.Throughput,
    encrypted: volume.Encrypted,
    kmsKeyId: volume.KmsKeyId,
    ...tagState(aws, volume.Tags, isObject(known.rootBlockDevice) ? known.rootBlockDevice : {}),
  };
}
