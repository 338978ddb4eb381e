/** aws:route53/getZone:getZone. */
import { string, type Invoke } from "../../core/schema";
import type { Aws } from "../context";
import { tagState } from "../resource";
import { describeZone, zoneTags } from "./zone";

/** The hosted zone of an id. */
export const getZone: Invoke<Aws> = {
  arguments: { zoneId: string({ required: true }) },
  async call(aws, args) {
    const found = await (await aws.route53()).getHostedZone({ Id: args.zoneId as string });
    const described = describeZone(aws, found);
    const id = described.zoneId as string;
    return {
      ...described,
      id,
      callerReference: found.HostedZone?.CallerReference ?? "",
      comment: found.HostedZone?.Config?.Comment ?? "",
      privateZone: found.HostedZone?.Config?.PrivateZone ?? false,
      linkedServiceDescription: found.HostedZone?.LinkedService?.Description ?? "",
      linkedServicePrincipal: found.HostedZone?.LinkedService?.ServicePrincipal ?? "",
      resourceRecordSetCount: found.HostedZone?.ResourceRecordSetCount ?? 0,
      tags: tagState(aws, await zoneTags(aws, id), {}).tagsAll,
    };
  },
};
