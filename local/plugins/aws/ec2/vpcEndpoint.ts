/** aws:ec2/vpcEndpoint:VpcEndpoint. */
import type { VpcEndpointType } from "@aws-sdk/client-ec2";
import { boolean, list, json, object, set, string } from "../../core/schema";
import type { Aws } from "../context";
import { strings, tagState } from "../resource";
import { until, untilGone } from "../wait";
import { ec2Resource, tagSpecifications } from "./tags";

/** The sets of ids that an endpoint is changed by, and what adds to them and takes away. */
const SETS = [
  ["subnetIds", "AddSubnetIds", "RemoveSubnetIds"],
  ["routeTableIds", "AddRouteTableIds", "RemoveRouteTableIds"],
  ["securityGroupIds", "AddSecurityGroupIds", "RemoveSecurityGroupIds"],
] as const;

/** A way from a VPC to a service that does not go through the internet. */
export const vpcEndpoint = ec2Resource({
  properties: {
    vpcId: string({ required: true, forceNew: true }),
    serviceName: string({ required: true, forceNew: true }),
    vpcEndpointType: string({ default: "Gateway", forceNew: true, oneOf: ["Gateway", "Interface"] }),
    subnetIds: set(string(), { computed: true }),
    securityGroupIds: set(string(), { computed: true }),
    routeTableIds: set(string(), { computed: true }),
    privateDnsEnabled: boolean({ computed: true }),
    policy: json({ computed: true }),
    arn: string({ output: true }),
    dnsEntries: list(object({ dnsName: string(), hostedZoneId: string() }), { output: true }),
    networkInterfaceIds: set(string(), { output: true }),
    ownerId: string({ output: true }),
    state: string({ output: true }),
  },
  async create(aws, inputs) {
    const ids = (key: string) => (inputs[key] ? strings(inputs[key]) : undefined);
    const { VpcEndpoint } = await (
      await aws.ec2()
    ).createVpcEndpoint({
      VpcId: inputs.vpcId as string,
      ServiceName: inputs.serviceName as string,
      VpcEndpointType: inputs.vpcEndpointType as VpcEndpointType,
      SubnetIds: ids("subnetIds"),
      SecurityGroupIds: ids("securityGroupIds"),
      RouteTableIds: ids("routeTableIds"),
      PrivateDnsEnabled: inputs.privateDnsEnabled as boolean | undefined,
      PolicyDocument: inputs.policy as string | undefined,
      ...tagSpecifications(aws, "vpc-endpoint", inputs),
    });
    return { id: VpcEndpoint!.VpcEndpointId! };
  },
  ready: (aws, id) =>
    until(aws, `EC2 VPC Endpoint (${id}) create`, 10, async () => {
      const state = (await describe(aws, id))?.State ?? "";
      if (["failed", "rejected", "expired"].includes(state.toLowerCase())) return { failed: state };
      return ["available", "pendingacceptance"].includes(state.toLowerCase()) ? { done: true } : { done: false, state };
    }),
  async read(aws, id, known) {
    const found = await describe(aws, id);
    if (!found || found.State?.toLowerCase() === "deleted" || found.State?.toLowerCase() === "deleting")
      return undefined;
    return {
      arn: await aws.arn("ec2", `vpc-endpoint/${id}`, found.OwnerId),
      dnsEntries: (found.DnsEntries ?? []).map(({ DnsName, HostedZoneId }) => ({
        dnsName: DnsName,
        hostedZoneId: HostedZoneId,
      })),
      networkInterfaceIds: found.NetworkInterfaceIds ?? [],
      ownerId: found.OwnerId,
      policy: found.PolicyDocument,
      privateDnsEnabled: found.PrivateDnsEnabled,
      routeTableIds: found.RouteTableIds ?? [],
      securityGroupIds: (found.Groups ?? []).map(({ GroupId }) => GroupId!),
      serviceName: found.ServiceName,
      state: found.State,
      subnetIds: found.SubnetIds ?? [],
      vpcEndpointType: found.VpcEndpointType ?? "Gateway",
      vpcId: found.VpcId,
      ...tagState(aws, found.Tags, known),
    };
  },
  async update(aws, id, { old, inputs, changed }) {
    const sets = SETS.filter(([key]) => changed.has(key)).map(([key, add, remove]) => {
      const [before, wanted] = [strings(old[key]), strings(inputs[key])];
      return {
        [add]: wanted.filter((item) => !before.includes(item)),
        [remove]: before.filter((item) => !wanted.includes(item)),
      };
    });
    await (
      await aws.ec2()
    ).modifyVpcEndpoint({
      VpcEndpointId: id,
      ...Object.assign({}, ...sets),
      ...(changed.has("privateDnsEnabled") ? { PrivateDnsEnabled: inputs.privateDnsEnabled as boolean } : {}),
      ...(changed.has("policy") ? { PolicyDocument: inputs.policy as string } : {}),
    });
  },
  async delete(aws, id) {
    await (await aws.ec2()).deleteVpcEndpoints({ VpcEndpointIds: [id] });
    await untilGone(aws, `EC2 VPC Endpoint (${id}) delete`, 10, async () => {
      const state = (await describe(aws, id))?.State;
      return state?.toLowerCase() === "deleted" ? undefined : state;
    });
  },
});

async function describe(aws: Aws, id: string) {
  const { VpcEndpoints: [found] = [] } = await (await aws.ec2()).describeVpcEndpoints({ VpcEndpointIds: [id] });
  return found;
}
