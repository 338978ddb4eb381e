/** aws:ec2/instance:Instance. */
import { boolean, map, number, object, set, string } from "../../core/schema";
import { codeOf } from "../errors";
import { retrying } from "../wait";
import { launch } from "./instanceLaunch";
import { readInstance } from "./instanceState";
import { updateInstance } from "./instanceUpdate";
import { describeInstance, untilState } from "./power";
import { ec2Resource } from "./tags";

/** A virtual machine. */
export const instance = ec2Resource({
  properties: {
    ami: string({ required: true, forceNew: true }),
    instanceType: string({ required: true }),
    iamInstanceProfile: string({ computed: true }),
    primaryNetworkInterface: object(
      {
        networkInterfaceId: string({ required: true, forceNew: true }),
        deleteOnTermination: boolean({ output: true }),
      },
      { computed: true },
    ),
    subnetId: string({ computed: true, forceNew: true }),
    vpcSecurityGroupIds: set(string(), { computed: true }),
    availabilityZone: string({ computed: true, forceNew: true }),
    privateIp: string({ computed: true, forceNew: true }),
    associatePublicIpAddress: boolean({ computed: true, forceNew: true }),
    keyName: string({ computed: true, forceNew: true }),
    userData: string(),
    userDataBase64: string({ computed: true }),
    userDataReplaceOnChange: boolean({ default: false, writeOnly: true }),
    disableApiTermination: boolean({ computed: true }),
    metadataOptions: object(
      {
        httpEndpoint: string({ computed: true, oneOf: ["enabled", "disabled"] }),
        httpTokens: string({ computed: true, oneOf: ["required", "optional"] }),
        httpPutResponseHopLimit: number({ computed: true }),
        instanceMetadataTags: string({ computed: true, oneOf: ["enabled", "disabled"] }),
      },
      { computed: true },
    ),
    rootBlockDevice: object(
      {
        volumeSize: number({ computed: true }),
        volumeType: string({ computed: true }),
        iops: number({ computed: true }),
        throughput: number({ computed: true }),
        encrypted: boolean({ computed: true, forceNew: true }),
        kmsKeyId: string({ computed: true, forceNew: true }),
        deleteOnTermination: boolean({ computed: true, forceNew: true }),
        tags: map(string()),
        deviceName: string({ output: true }),
        tagsAll: map(string(), { output: true }),
        volumeId: string({ output: true }),
      },
      { computed: true },
    ),
    arn: string({ output: true }),
    instanceState: string({ output: true }),
    primaryNetworkInterfaceId: string({ output: true }),
    privateDns: string({ output: true }),
    publicDns: string({ output: true }),
    publicIp: string({ output: true }),
    sourceDestCheck: boolean({ output: true }),
  },
  conflicts: [
    ["userData", "userDataBase64"],
    ...["subnetId", "vpcSecurityGroupIds", "privateIp", "associatePublicIpAddress"].map((key) => [
      "primaryNetworkInterface",
      key,
    ]),
  ],
  forcesReplacement: (property, inputs) =>
    inputs.userDataReplaceOnChange === true && /^userData(Base64)?$/.test(property),
  async create(aws, inputs) {
    const ec2 = await aws.ec2();
    const request = await launch(aws, inputs);
    const { Instances: [made] = [] } = await retrying(aws, profileIsNew, 2, () => ec2.runInstances(request));
    return { id: made.InstanceId! };
  },
  ready: (aws, id) => untilState(aws, id, "running", "create"),
  read: readInstance,
  update: updateInstance,
  async delete(aws, id) {
    if (!(await describeInstance(aws, id))) return;
    await (await aws.ec2()).terminateInstances({ InstanceIds: [id] });
    await untilState(aws, id, "terminated", "delete");
  },
});

/** IAM tells EC2 of a new instance profile only after a while. */
function profileIsNew(error: unknown): boolean {
  return codeOf(error) === "InvalidParameterValue" && /Invalid IAM Instance Profile/i.test((error as Error).message);
}
