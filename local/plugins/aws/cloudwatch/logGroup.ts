/** aws:cloudwatch/logGroup:LogGroup. */
import { boolean, number, string } from "../../core/schema";
import type { Value, Values } from "../../core/wire";
import type { Aws } from "../context";
import { regional, tagState, tagged, tagsOf } from "../resource";

/** What log streams are kept in, and for how long; 0 days are for ever. */
export const logGroup = regional(
  tagged(
    {
      properties: {
        name: string({ computed: true, forceNew: true }),
        retentionInDays: number({ default: 0 }),
        skipDestroy: boolean({ default: false, writeOnly: true }),
        arn: string({ output: true }),
      },
      autoname: { property: "name", maxLength: 512 },
      async create(aws, inputs) {
        const tags = Object.fromEntries(tagsOf(aws, inputs).map(({ Key, Value: value }) => [Key, value]));
        const logs = await aws.logs();
        await logs.call("CreateLogGroup", {
          logGroupName: inputs.name,
          ...(Object.keys(tags).length > 0 && { tags: tags as Value }),
        });
        if (inputs.retentionInDays) await retain(aws, inputs.name, inputs.retentionInDays);
        return { id: inputs.name as string };
      },
      async read(aws, id, known) {
        const logs = await aws.logs();
        const { logGroups = [] } = await logs.call("DescribeLogGroups", { logGroupNamePrefix: id });
        const found = (logGroups as Values[]).find(({ logGroupName }) => logGroupName === id);
        if (!found) return undefined;
        const arn = (found.arn as string).replace(/:\*$/, "");
        const { tags = {} } = await logs.call("ListTagsForResource", { resourceArn: arn });
        const list = Object.entries(tags as Record<string, string>).map(([Key, value]) => ({ Key, Value: value }));
        return { name: id, retentionInDays: found.retentionInDays ?? 0, arn, ...tagState(aws, list, known) };
      },
      async update(aws, id, { inputs, changed }) {
        if (changed.has("retentionInDays")) await retain(aws, id, inputs.retentionInDays);
      },
      async delete(aws, id, { skipDestroy }) {
        if (skipDestroy !== true) await (await aws.logs()).call("DeleteLogGroup", { logGroupName: id });
      },
    },
    async (aws, id, add, remove) => {
      const resourceArn = await aws.arn("logs", `log-group:${id}`);
      const logs = await aws.logs();
      if (remove.length > 0) await logs.call("UntagResource", { resourceArn, tagKeys: remove });
      const tags = Object.fromEntries(add.map(({ Key, Value: value }) => [Key, value]));
      if (add.length > 0) await logs.call("TagResource", { resourceArn, tags: tags as Value });
    },
  ),
);

async function retain(aws: Aws, logGroupName: Value, retentionInDays: Value): Promise<void> {
  const logs = await aws.logs();
  if (retentionInDays) await logs.call("PutRetentionPolicy", { logGroupName, retentionInDays });
  else await logs.call("DeleteRetentionPolicy", { logGroupName });
}
