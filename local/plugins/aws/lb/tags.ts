/** Tags as Elastic Load Balancing takes them: by ARN. */
import { regional, tagged, type ApplyTags, type AwsResource } from "../resource";
import type { Aws } from "../context";
import type { Tag } from "../resource";

const apply: ApplyTags = async (aws, arn, put, remove) => {
  const elb = await aws.elb();
  if (remove.length > 0) await elb.removeTags({ ResourceArns: [arn], TagKeys: remove });
  if (put.length > 0)
    await elb.addTags({ ResourceArns: [arn], Tags: put.map(({ Key, Value }) => ({ Key: Key!, Value })) });
};

/** A tagged resource of Elastic Load Balancing, whose id is its ARN. */
export const elbResource = (row: AwsResource): AwsResource => regional(tagged(row, apply));

/** The tags of a creation; nothing where there are none, which is what the API wants then. */
export function creationTags(tags: Tag[]): { Tags?: { Key: string; Value?: string }[] } {
  return tags.length > 0 ? { Tags: tags.map(({ Key, Value }) => ({ Key: Key!, Value })) } : {};
}

/** The tags on a resource now. */
export async function tagsOn(aws: Aws, arn: string): Promise<Tag[]> {
  const { TagDescriptions: [found] = [] } = await (await aws.elb()).describeTags({ ResourceArns: [arn] });
  return found?.Tags ?? [];
}
