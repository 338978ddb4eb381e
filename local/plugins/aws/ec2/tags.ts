/** Tags as EC2 takes them: at creation, and afterwards. */
import type { ResourceType, TagSpecification } from "@aws-sdk/client-ec2";
import type { Values } from "../../core/wire";
import { regional, tagged, tagsOf, type ApplyTags, type AwsResource } from "../resource";
import type { Aws } from "../context";

const apply: ApplyTags = async (aws, id, put, remove) => {
  const ec2 = await aws.ec2();
  if (remove.length > 0) await ec2.deleteTags({ Resources: [id], Tags: remove.map((Key) => ({ Key })) });
  if (put.length > 0) await ec2.createTags({ Resources: [id], Tags: put });
};

/** A tagged resource of EC2 whose id is what EC2 calls it by. */
export const ec2Resource = (row: AwsResource): AwsResource => regional(tagged(row, apply));

/** The `TagSpecifications` of a creation; nothing where there are no tags. */
export function tagSpecifications(
  aws: Aws,
  type: ResourceType,
  inputs: Values,
): { TagSpecifications?: TagSpecification[] } {
  const tags = tagsOf(aws, inputs);
  return tags.length > 0 ? { TagSpecifications: [{ ResourceType: type, Tags: tags }] } : {};
}
