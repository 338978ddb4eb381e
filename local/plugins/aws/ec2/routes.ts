/** Route tables, their routes and associations, and the gateways for address translation. */
import { crc32 } from "node:zlib";
import { string } from "../../core/schema";
import type { Values } from "../../core/wire";
import type { Aws } from "../context";
import { regional, tagState } from "../resource";
import { retrying, until, untilGone } from "../wait";
import { ec2Resource, tagSpecifications } from "./tags";

/** aws:ec2/routeTable:RouteTable; its routes are resources of their own. */
export const routeTable = ec2Resource({
  properties: {
    vpcId: string({ required: true, forceNew: true }),
    arn: string({ output: true }),
    ownerId: string({ output: true }),
  },
  async create(aws, inputs) {
    const { RouteTable } = await (
      await aws.ec2()
    ).createRouteTable({
      VpcId: inputs.vpcId as string,
      ...tagSpecifications(aws, "route-table", inputs),
    });
    return { id: RouteTable!.RouteTableId! };
  },
  async read(aws, id, known) {
    const { RouteTables: [found] = [] } = await (await aws.ec2()).describeRouteTables({ RouteTableIds: [id] });
    return (
      found && {
        arn: await aws.arn("ec2", `route-table/${id}`, found.OwnerId),
        ownerId: found.OwnerId,
        vpcId: found.VpcId,
        ...tagState(aws, found.Tags, known),
      }
    );
  },
  async delete(aws, id) {
    const ec2 = await aws.ec2();
    await retrying(aws, ["DependencyViolation"], 5, () => ec2.deleteRouteTable({ RouteTableId: id }));
  },
});

/** aws:ec2/route:Route. */
export const route = regional({
  properties: {
    routeTableId: string({ required: true, forceNew: true }),
    destinationCidrBlock: string({ required: true, forceNew: true }),
    gatewayId: string(),
    natGatewayId: string(),
    networkInterfaceId: string({ computed: true }),
    instanceId: string({ output: true }),
    origin: string({ output: true }),
    state: string({ output: true }),
  },
  exactlyOneOf: [["gatewayId", "natGatewayId", "networkInterfaceId"]],
  async create(aws, inputs) {
    const ec2 = await aws.ec2();
    const starting = ["InvalidNatGatewayID.NotFound", "InvalidGatewayID.NotFound", "InvalidRouteTableID.NotFound"];
    await retrying(aws, starting, 5, () => ec2.createRoute(target(inputs)));
    return { id: routeId(inputs) };
  },
  async read(aws, id, known) {
    // The real provider imports by `<route table>_<destination>`.
    const [table, destination] = known.routeTableId ? [known.routeTableId, known.destinationCidrBlock] : id.split("_");
    const { RouteTables: [found] = [] } = await (
      await aws.ec2()
    ).describeRouteTables({ RouteTableIds: [table as string] });
    const entry = found?.Routes?.find(({ DestinationCidrBlock }) => DestinationCidrBlock === destination);
    return (
      entry && {
        routeTableId: table,
        destinationCidrBlock: destination,
        gatewayId: entry.GatewayId,
        natGatewayId: entry.NatGatewayId,
        networkInterfaceId: entry.NetworkInterfaceId,
        instanceId: entry.InstanceId,
        origin: entry.Origin,
        state: entry.State,
      }
    );
  },
  async update(aws, _id, { inputs }) {
    await (await aws.ec2()).replaceRoute(target(inputs));
  },
  async delete(aws, _id, state) {
    await (
      await aws.ec2()
    ).deleteRoute({
      RouteTableId: state.routeTableId as string,
      DestinationCidrBlock: state.destinationCidrBlock as string,
    });
  },
});

function target(inputs: Values) {
  return {
    RouteTableId: inputs.routeTableId as string,
    DestinationCidrBlock: inputs.destinationCidrBlock as string,
    GatewayId: inputs.gatewayId as string | undefined,
    NatGatewayId: inputs.natGatewayId as string | undefined,
    NetworkInterfaceId: inputs.networkInterfaceId as string | undefined,
  };
}

/** Routes have no id of AWS; this is how the real provider calls them. */
function routeId({ routeTableId, destinationCidrBlock }: Values): string {
  return `r-${routeTableId as string}${crc32(destinationCidrBlock as string)}`;
}

/** aws:ec2/routeTableAssociation:RouteTableAssociation, of subnets. */
export const routeTableAssociation = regional({
  properties: {
    subnetId: string({ required: true, forceNew: true }),
    routeTableId: string({ required: true }),
  },
  async create(aws, inputs) {
    const { AssociationId } = await (
      await aws.ec2()
    ).associateRouteTable({
      SubnetId: inputs.subnetId as string,
      RouteTableId: inputs.routeTableId as string,
    });
    return { id: AssociationId! };
  },
  async read(aws, id, known) {
    // The real provider imports by `<subnet>/<route table>`. A subnet has one association; a replaced one has another id.
    const subnetId = (known.subnetId ?? id.split("/")[0]) as string;
    const found = await association(aws, subnetId);
    return found && { subnetId, routeTableId: found.RouteTableId };
  },
  async update(aws, _id, { old, inputs }) {
    const found = await association(aws, old.subnetId as string);
    await (
      await aws.ec2()
    ).replaceRouteTableAssociation({
      AssociationId: found!.RouteTableAssociationId,
      RouteTableId: inputs.routeTableId as string,
    });
  },
  async delete(aws, _id, state) {
    const found = await association(aws, state.subnetId as string);
    if (found) await (await aws.ec2()).disassociateRouteTable({ AssociationId: found.RouteTableAssociationId });
  },
});

async function association(aws: Aws, subnetId: string) {
  const of = { Filters: [{ Name: "association.subnet-id", Values: [subnetId] }] };
  const { RouteTables = [] } = await (await aws.ec2()).describeRouteTables(of);
  return RouteTables.flatMap(({ Associations = [] }) => Associations).find(({ SubnetId }) => SubnetId === subnetId);
}

/** aws:ec2/eip:Eip. */
export const eip = ec2Resource({
  properties: {
    domain: string({ computed: true, forceNew: true, oneOf: ["vpc"] }),
    allocationId: string({ output: true }),
    arn: string({ output: true }),
    associationId: string({ output: true }),
    instance: string({ output: true }),
    networkInterface: string({ output: true }),
    privateIp: string({ output: true }),
    publicIp: string({ output: true }),
  },
  async create(aws, inputs) {
    const { AllocationId } = await (
      await aws.ec2()
    ).allocateAddress({ Domain: "vpc", ...tagSpecifications(aws, "elastic-ip", inputs) });
    return { id: AllocationId! };
  },
  async read(aws, id, known) {
    const { Addresses: [found] = [] } = await (await aws.ec2()).describeAddresses({ AllocationIds: [id] });
    return (
      found && {
        allocationId: found.AllocationId,
        arn: await aws.arn("ec2", `elastic-ip/${id}`),
        associationId: found.AssociationId,
        domain: found.Domain,
        instance: found.InstanceId,
        networkInterface: found.NetworkInterfaceId,
        privateIp: found.PrivateIpAddress,
        publicIp: found.PublicIp,
        ...tagState(aws, found.Tags, known),
      }
    );
  },
  async delete(aws, id) {
    const ec2 = await aws.ec2();
    await retrying(aws, ["InvalidIPAddress.InUse", "AuthFailure"], 3, () => ec2.releaseAddress({ AllocationId: id }));
  },
});

/** aws:ec2/natGateway:NatGateway, public ones. */
export const natGateway = ec2Resource({
  properties: {
    allocationId: string({ required: true, forceNew: true }),
    subnetId: string({ required: true, forceNew: true }),
    connectivityType: string({ default: "public", forceNew: true, oneOf: ["public"] }),
    privateIp: string({ computed: true, forceNew: true }),
    associationId: string({ output: true }),
    networkInterfaceId: string({ output: true }),
    publicIp: string({ output: true }),
    vpcId: string({ output: true }),
  },
  async create(aws, inputs) {
    const { NatGateway } = await (
      await aws.ec2()
    ).createNatGateway({
      AllocationId: inputs.allocationId as string,
      SubnetId: inputs.subnetId as string,
      PrivateIpAddress: inputs.privateIp as string | undefined,
      ...tagSpecifications(aws, "natgateway", inputs),
    });
    return { id: NatGateway!.NatGatewayId! };
  },
  ready: (aws, id) =>
    until(aws, `EC2 NAT Gateway (${id}) create`, 10, async () => {
      const { State: state = "", FailureMessage } = (await describeNat(aws, id)) ?? {};
      if (state === "failed") return { failed: FailureMessage ?? "failed" };
      return state === "available" ? { done: true } : { done: false, state };
    }),
  async read(aws, id, known) {
    const found = await describeNat(aws, id);
    if (!found || found.State === "deleted" || found.State === "deleting") return undefined;
    const [address] = found.NatGatewayAddresses ?? [];
    return {
      allocationId: address?.AllocationId,
      associationId: address?.AssociationId,
      connectivityType: found.ConnectivityType ?? "public",
      networkInterfaceId: address?.NetworkInterfaceId,
      privateIp: address?.PrivateIp,
      publicIp: address?.PublicIp,
      subnetId: found.SubnetId,
      vpcId: found.VpcId,
      ...tagState(aws, found.Tags, known),
    };
  },
  async delete(aws, id) {
    await (await aws.ec2()).deleteNatGateway({ NatGatewayId: id });
    await untilGone(aws, `EC2 NAT Gateway (${id}) delete`, 30, async () => {
      const state = (await describeNat(aws, id))?.State;
      return state === "deleted" ? undefined : state;
    });
  },
});

async function describeNat(aws: Aws, id: string) {
  const { NatGateways: [found] = [] } = await (await aws.ec2()).describeNatGateways({ NatGatewayIds: [id] });
  return found;
}
