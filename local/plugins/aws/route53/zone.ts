/** aws:route53/zone:Zone. */
import { randomUUID } from "node:crypto";
import type { GetHostedZoneResponse, VPC } from "@aws-sdk/client-route-53";
import { boolean, list, object, set, string } from "../../core/schema";
import type { Value, Values } from "../../core/wire";
import type { Aws } from "../context";
import { tagState, tagged, tagsOf, type ApplyTags } from "../resource";
import { settled } from "./change";

const apply: ApplyTags = async (aws, ResourceId, AddTags, RemoveTagKeys) => {
  await (
    await aws.route53()
  ).changeTagsForResource({
    ResourceType: "hostedzone",
    ResourceId,
    ...(AddTags.length > 0 ? { AddTags } : {}),
    ...(RemoveTagKeys.length > 0 ? { RemoveTagKeys } : {}),
  });
};

/** A hosted zone: public, or known to its VPCs alone. */
export const zone = tagged(
  {
    properties: {
      name: string({ required: true, forceNew: true }),
      comment: string({ default: "Managed by Pulumi" }),
      forceDestroy: boolean({ default: false, writeOnly: true }),
      vpcs: set(object({ vpcId: string({ required: true }), vpcRegion: string({ computed: true }) })),
      arn: string({ output: true }),
      nameServers: list(string(), { output: true }),
      primaryNameServer: string({ output: true }),
      zoneId: string({ output: true }),
    },
    // A zone that becomes public, or private, is another one.
    forcesReplacement: (property, inputs) => property === "vpcs" && !inputs.vpcs,
    async create(aws, inputs) {
      const [first, ...others] = vpcsOf(aws, inputs.vpcs);
      const made = await (
        await aws.route53()
      ).createHostedZone({
        Name: inputs.name as string,
        CallerReference: randomUUID(),
        HostedZoneConfig: { Comment: inputs.comment as string },
        ...(first ? { VPC: first } : {}),
      });
      const id = idOf(made.HostedZone!.Id!);
      await settled(aws, made.ChangeInfo);
      for (const vpc of others) await associate(aws, id, vpc);
      const tags = tagsOf(aws, inputs);
      if (tags.length > 0) await apply(aws, id, tags, []);
      return { id };
    },
    async read(aws, id, known) {
      const found = await (await aws.route53()).getHostedZone({ Id: id });
      const { HostedZone, VPCs = [] } = found;
      return {
        ...describeZone(aws, found),
        comment: HostedZone?.Config?.Comment ?? "",
        vpcs:
          VPCs.length > 0 ? VPCs.map(({ VPCId, VPCRegion }) => ({ vpcId: VPCId, vpcRegion: VPCRegion })) : undefined,
        ...tagState(aws, await zoneTags(aws, id), known),
      };
    },
    async update(aws, id, { inputs, old, changed }) {
      const route53 = await aws.route53();
      if (changed.has("comment")) await route53.updateHostedZoneComment({ Id: id, Comment: inputs.comment as string });
      if (!changed.has("vpcs")) return;
      const [before, wanted] = [vpcsOf(aws, old.vpcs), vpcsOf(aws, inputs.vpcs)];
      const without = (all: VPC[], some: VPC[]) => all.filter((a) => !some.some((b) => b.VPCId === a.VPCId));
      for (const vpc of without(wanted, before)) await associate(aws, id, vpc);
      for (const vpc of without(before, wanted)) {
        await settled(aws, (await route53.disassociateVPCFromHostedZone({ HostedZoneId: id, VPC: vpc })).ChangeInfo);
      }
    },
    async delete(aws, id) {
      await settled(aws, (await (await aws.route53()).deleteHostedZone({ Id: id })).ChangeInfo);
    },
  },
  apply,
);

/** What a zone's resource and the function that looks one up tell alike. */
export function describeZone(aws: Aws, { HostedZone, DelegationSet }: GetHostedZoneResponse): Values {
  const zoneId = idOf(HostedZone!.Id!);
  const nameServers = [...(DelegationSet?.NameServers ?? [])].sort();
  return {
    arn: `arn:${aws.partition}:route53:::hostedzone/${zoneId}`,
    name: HostedZone!.Name!.replace(/\.$/, ""),
    nameServers,
    primaryNameServer: DelegationSet?.NameServers?.[0] ?? "",
    zoneId,
  };
}

export async function zoneTags(aws: Aws, ResourceId: string) {
  const of = { ResourceType: "hostedzone" as const, ResourceId };
  return (await (await aws.route53()).listTagsForResource(of)).ResourceTagSet?.Tags;
}

/** `/hostedzone/Z...` without its beginning. */
const idOf = (id: string) => id.replace("/hostedzone/", "");

function vpcsOf(aws: Aws, vpcs: Value): VPC[] {
  return ((vpcs ?? []) as Values[]).map(({ vpcId, vpcRegion }) => ({
    VPCId: vpcId as string,
    VPCRegion: (vpcRegion ?? aws.region) as VPC["VPCRegion"],
  }));
}

async function associate(aws: Aws, HostedZoneId: string, vpc: VPC): Promise<void> {
  const { ChangeInfo } = await (await aws.route53()).associateVPCWithHostedZone({ HostedZoneId, VPC: vpc });
  await settled(aws, ChangeInfo);
}
