/** aws:ebs/getEbsVolumes:getEbsVolumes. */
import { paginateDescribeVolumes } from "@aws-sdk/client-ec2";
import { map, string, type Invoke } from "../../core/schema";
import type { Aws } from "../context";
import { asFilters, filters } from "../filters";

/** The volumes that match; there may be none. */
export const getEbsVolumes: Invoke<Aws> = {
  arguments: { filters, tags: map(string()), region: string() },
  async call(aws, args) {
    const client = await aws.in(args.region).ec2();
    const ids: string[] = [];
    for await (const { Volumes = [] } of paginateDescribeVolumes({ client }, asFilters(args))) {
      ids.push(...Volumes.flatMap(({ VolumeId }) => VolumeId ?? []));
    }
    const { region } = aws.in(args.region);
    return { ...args, id: region, region, ids };
  },
};
