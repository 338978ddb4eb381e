/** aws:route53/record:Record, simple records and aliases. */
import type { Change, ChangeAction, ResourceRecordSet, RRType } from "@aws-sdk/client-route-53";
import { boolean, list, number, object, set, string } from "../../core/schema";
import type { Value, Values } from "../../core/wire";
import type { Aws } from "../context";
import { strings, type AwsResource } from "../resource";
import { settled } from "./change";

/** The values of one name and type in a zone. */
export const record: AwsResource = {
  properties: {
    zoneId: string({ required: true, forceNew: true }),
    name: string({ required: true, forceNew: true }),
    type: string({ required: true }),
    ttl: number(),
    records: set(string()),
    aliases: list(
      object({
        name: string({ required: true }),
        zoneId: string({ required: true }),
        evaluateTargetHealth: boolean({ required: true }),
      }),
    ),
    allowOverwrite: boolean({ computed: true, writeOnly: true }),
    fqdn: string({ output: true }),
  },
  exactlyOneOf: [["records", "aliases"]],
  async create(aws, inputs) {
    const name = await fullName(aws, inputs);
    const action = inputs.allowOverwrite === true ? "UPSERT" : "CREATE";
    await change(aws, inputs.zoneId, [{ Action: action, ResourceRecordSet: recordSet(name, inputs) }]);
    return {
      id: [inputs.zoneId, name, inputs.type].join("_"),
      state: { allowOverwrite: inputs.allowOverwrite ?? false },
    };
  },
  async read(aws, _id, known) {
    if (!known.zoneId) return undefined;
    const name = await fullName(aws, known);
    const found = await find(aws, known.zoneId, name, known.type);
    const alias = found?.AliasTarget;
    return (
      found && {
        ...known,
        fqdn: name,
        ttl: found.TTL,
        records: found.ResourceRecords?.length ? found.ResourceRecords.map(({ Value }) => Value!) : undefined,
        aliases: alias && [
          {
            name: alias.DNSName!.replace(/\.$/, ""),
            zoneId: alias.HostedZoneId,
            evaluateTargetHealth: alias.EvaluateTargetHealth,
          },
        ],
      }
    );
  },
  async update(aws, _id, { old, inputs, changed }) {
    const name = await fullName(aws, inputs);
    // Another type is another set, which takes the old one's place in one step.
    const found = changed.has("type") ? await find(aws, old.zoneId, name, old.type) : undefined;
    await change(aws, inputs.zoneId, [
      ...(found ? [{ Action: "DELETE" as ChangeAction, ResourceRecordSet: found }] : []),
      { Action: "UPSERT", ResourceRecordSet: recordSet(name, inputs) },
    ]);
  },
  async delete(aws, _id, state) {
    const found = await find(aws, state.zoneId, await fullName(aws, state), state.type);
    if (found) await change(aws, state.zoneId, [{ Action: "DELETE", ResourceRecordSet: found }]);
  },
};

async function change(aws: Aws, zone: Value, Changes: Change[]): Promise<void> {
  const request = { HostedZoneId: zone as string, ChangeBatch: { Comment: "Managed by Pulumi", Changes } };
  await settled(aws, (await (await aws.route53()).changeResourceRecordSets(request)).ChangeInfo);
}

function recordSet(name: string, { type, ttl, records, aliases }: Values): ResourceRecordSet {
  const [alias] = (aliases ?? []) as Values[];
  return {
    Name: name,
    Type: type as RRType,
    ...(alias
      ? {
          AliasTarget: {
            DNSName: alias.name as string,
            HostedZoneId: alias.zoneId as string,
            EvaluateTargetHealth: alias.evaluateTargetHealth as boolean,
          },
        }
      : { TTL: ttl as number, ResourceRecords: strings(records).map((Value) => ({ Value })) }),
  };
}

async function find(aws: Aws, zone: Value, name: string, type: Value): Promise<ResourceRecordSet | undefined> {
  const { ResourceRecordSets = [] } = await (
    await aws.route53()
  ).listResourceRecordSets({
    HostedZoneId: zone as string,
    StartRecordName: name,
    StartRecordType: type as RRType,
    MaxItems: 1,
  });
  return ResourceRecordSets.find((found) => found.Name!.replace(/\.$/, "") === name && found.Type === type);
}

/** A record may be named with its zone's name or without. */
async function fullName(aws: Aws, { zoneId, name }: Values): Promise<string> {
  const { HostedZone } = await (await aws.route53()).getHostedZone({ Id: zoneId as string });
  const zone = HostedZone!.Name!.replace(/\.$/, "");
  const own = (name as string).toLowerCase().replace(/\.$/, "");
  if (own === "" || own === zone) return zone;
  return own.endsWith(`.${zone}`) ? own : `${own}.${zone}`;
}
