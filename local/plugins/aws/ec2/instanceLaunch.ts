/** What EC2 is asked for a new instance. */
import type { RunInstancesRequest, VolumeType, _InstanceType } from "@aws-sdk/client-ec2";
import { isObject, type Value, type Values } from "../../core/wire";
import type { Aws } from "../context";
import { strings, tagsOf } from "../resource";

/** The request for RunInstances. */
export async function launch(aws: Aws, inputs: Values): Promise<RunInstancesRequest> {
  const tags = tagsOf(aws, inputs);
  const volumeTags = tagsOf(aws, isObject(inputs.rootBlockDevice) ? inputs.rootBlockDevice : {});
  return {
    ImageId: inputs.ami as string,
    InstanceType: inputs.instanceType as _InstanceType,
    MinCount: 1,
    MaxCount: 1,
    ClientToken: crypto.randomUUID(),
    KeyName: inputs.keyName as string | undefined,
    UserData: userDataOf(inputs),
    DisableApiTermination: inputs.disableApiTermination as boolean | undefined,
    ...(inputs.iamInstanceProfile ? { IamInstanceProfile: { Name: inputs.iamInstanceProfile as string } } : {}),
    ...(inputs.availabilityZone ? { Placement: { AvailabilityZone: inputs.availabilityZone as string } } : {}),
    ...network(inputs),
    ...metadata(inputs.metadataOptions),
    ...(await rootDevice(aws, inputs)),
    TagSpecifications: [
      ...(tags.length > 0 ? [{ ResourceType: "instance" as const, Tags: tags }] : []),
      ...(volumeTags.length > 0 ? [{ ResourceType: "volume" as const, Tags: volumeTags }] : []),
    ],
  };
}

/** User data as the API takes it: base64, whichever way the program gives it. */
export function userDataOf(inputs: Values): string | undefined {
  if (inputs.userDataBase64 !== undefined) return inputs.userDataBase64 as string;
  return inputs.userData === undefined ? undefined : Buffer.from(inputs.userData as string).toString("base64");
}

function network(inputs: Values): Partial<RunInstancesRequest> {
  const primary = inputs.primaryNetworkInterface;
  if (isObject(primary)) {
    return { NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: primary.networkInterfaceId as string }] };
  }
  const groups = inputs.vpcSecurityGroupIds ? strings(inputs.vpcSecurityGroupIds) : undefined;
  const [SubnetId, PrivateIpAddress] = [inputs.subnetId, inputs.privateIp] as (string | undefined)[];
  if (inputs.associatePublicIpAddress === undefined) return { SubnetId, PrivateIpAddress, SecurityGroupIds: groups };
  const AssociatePublicIpAddress = inputs.associatePublicIpAddress as boolean;
  return {
    NetworkInterfaces: [{ DeviceIndex: 0, SubnetId, PrivateIpAddress, AssociatePublicIpAddress, Groups: groups }],
  };
}

/** Metadata options in the API's names. */
export function metadata(options: Value): Pick<RunInstancesRequest, "MetadataOptions"> {
  if (!isObject(options)) return {};
  return {
    MetadataOptions: {
      HttpEndpoint: options.httpEndpoint as "enabled" | undefined,
      HttpTokens: options.httpTokens as "required" | undefined,
      HttpPutResponseHopLimit: options.httpPutResponseHopLimit as number | undefined,
      InstanceMetadataTags: options.instanceMetadataTags as "enabled" | undefined,
    },
  };
}

/** The image says what its root device is called. */
async function rootDevice(aws: Aws, inputs: Values): Promise<Partial<RunInstancesRequest>> {
  const root = inputs.rootBlockDevice;
  if (!isObject(root)) return {};
  const { Images: [image] = [] } = await (await aws.ec2()).describeImages({ ImageIds: [inputs.ami as string] });
  return {
    BlockDeviceMappings: [
      {
        DeviceName: image?.RootDeviceName ?? "/dev/sda1",
        Ebs: {
          VolumeSize: root.volumeSize as number | undefined,
          VolumeType: root.volumeType as VolumeType | undefined,
          Iops: root.iops as number | undefined,
          Throughput: root.throughput as number | undefined,
          Encrypted: root.encrypted as boolean | undefined,
          KmsKeyId: root.kmsKeyId as string | undefined,
          DeleteOnTermination: (root.deleteOnTermination as boolean | undefined) ?? true,
        },
      },
    ],
  };
}
