import {
  GetHostedZoneCommand,
  ListResourceRecordSetsCommand,
  ListHostedZonesCommand,
  Route53Client,
  type HostedZone,
  type ListHostedZonesCommandOutput,
  type ListResourceRecordSetsCommandOutput,
} from "@aws-sdk/client-route-53";
import type { Cloud, PrivateZone } from "./model";

/**
 * Reads the private zones that Route 53 says there should be, and their addresses: records of type A with values. A public zone is for
 * the internet, where nobody asks this machine.
 */
export async function describeRoute53(client: Route53Client): Promise<Pick<Cloud, "zones">> {
  const zones: HostedZone[] = [];
  let page: Partial<ListHostedZonesCommandOutput> = {};
  do {
    page = await client.send(new ListHostedZonesCommand({ Marker: page.NextMarker }));
    zones.push(...(page.HostedZones ?? []));
  } while (page.IsTruncated);
  const hidden = zones.filter(({ Config }) => Config?.PrivateZone);
  return { zones: await Promise.all(hidden.map((zone) => readZone(client, zone))) };
}

async function readZone(client: Route53Client, { Id, Name }: HostedZone): Promise<PrivateZone> {
  const { VPCs = [] } = await client.send(new GetHostedZoneCommand({ Id }));
  const addresses: PrivateZone["addresses"] = [];
  let page: Partial<ListResourceRecordSetsCommandOutput> = {};
  do {
    const { NextRecordName: StartRecordName, NextRecordType: StartRecordType } = page;
    page = await client.send(new ListResourceRecordSetsCommand({ HostedZoneId: Id, StartRecordName, StartRecordType }));
    for (const { Name: name, Type, ResourceRecords = [] } of page.ResourceRecordSets ?? []) {
      if (Type !== "A") continue;
      addresses.push(...ResourceRecords.map(({ Value }) => ({ name: withoutDot(name!), address: Value! })));
    }
  } while (page.IsTruncated);
  return { name: withoutDot(Name!), vpcIds: VPCs.map(({ VPCId }) => VPCId!), addresses };
}

const withoutDot = (name: string) => name.replace(/\.$/, "");
