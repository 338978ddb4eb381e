/** aws:cloudwatch/metricAlarm:MetricAlarm, on one metric. */
import { boolean, map, number, set, string } from "../../core/schema";
import { isObject, type Value, type Values } from "../../core/wire";
import type { Aws } from "../context";
import { regional, tagState, tagged, tagsOf, type Tag } from "../resource";

const COMPARISONS = [
  ...["GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"],
];

/** What the service has under another name, by the property's. */
const NAMES: Record<string, string> = { name: "AlarmName", okActions: "OKActions" };
const PLAIN = [
  ...["name", "namespace", "metricName", "statistic", "period", "evaluationPeriods", "datapointsToAlarm"],
  ...["threshold", "comparisonOperator", "treatMissingData", "actionsEnabled", "alarmDescription"],
  ...["alarmActions", "okActions", "insufficientDataActions"],
];
const apiName = (property: string) => NAMES[property] ?? property[0].toUpperCase() + property.slice(1);

/** A threshold that a metric crosses, and who is told. */
export const metricAlarm = regional(
  tagged(
    {
      properties: {
        name: string({ computed: true, forceNew: true }),
        alarmDescription: string(),
        namespace: string(),
        metricName: string(),
        dimensions: map(string()),
        statistic: string({ oneOf: ["SampleCount", "Average", "Sum", "Minimum", "Maximum"] }),
        period: number(),
        evaluationPeriods: number(),
        datapointsToAlarm: number(),
        threshold: number(),
        comparisonOperator: string({ oneOf: COMPARISONS }),
        treatMissingData: string({ default: "missing", oneOf: ["missing", "ignore", "breaching", "notBreaching"] }),
        actionsEnabled: boolean({ default: true }),
        alarmActions: set(string()),
        okActions: set(string()),
        insufficientDataActions: set(string()),
        arn: string({ output: true }),
      },
      autoname: { property: "name", maxLength: 255 },
      async create(aws, inputs) {
        await put(aws, inputs, tagsOf(aws, inputs));
        return { id: inputs.name as string };
      },
      async read(aws, id, known) {
        const cloudwatch = await aws.cloudwatch();
        const { MetricAlarms = [] } = await cloudwatch.call("DescribeAlarms", { AlarmNames: [id] });
        const [found] = MetricAlarms as Values[];
        if (!found) return undefined;
        const ResourceARN = found.AlarmArn as string;
        const { Tags } = await cloudwatch.call("ListTagsForResource", { ResourceARN });
        const dimensions = (found.Dimensions ?? []) as { Name: string; Value: string }[];
        return {
          ...Object.fromEntries(PLAIN.map((property) => [property, found[apiName(property)]])),
          dimensions: Object.fromEntries(dimensions.map(({ Name, Value: value }) => [Name, value])),
          arn: ResourceARN,
          ...tagState(aws, Tags as Tag[] | undefined, known),
        };
      },
      update: (aws, _id, { inputs }) => put(aws, inputs),
      async delete(aws, id) {
        await (await aws.cloudwatch()).call("DeleteAlarms", { AlarmNames: [id] });
      },
    },
    async (aws, id, add, remove) => {
      const ResourceARN = await aws.arn("cloudwatch", `alarm:${id}`);
      const cloudwatch = await aws.cloudwatch();
      if (remove.length > 0) await cloudwatch.call("UntagResource", { ResourceARN, TagKeys: remove });
      if (add.length > 0) await cloudwatch.call("TagResource", { ResourceARN, Tags: add as unknown as Value });
    },
  ),
);

/** An alarm of the name, anew or as a whole in the place of the one that there is. */
async function put(aws: Aws, inputs: Values, tags: Tag[] = []): Promise<void> {
  const given = PLAIN.filter((property) => inputs[property] !== undefined);
  const dimensions = isObject(inputs.dimensions) ? inputs.dimensions : {};
  await (
    await aws.cloudwatch()
  ).call("PutMetricAlarm", {
    ...Object.fromEntries(given.map((property) => [apiName(property), inputs[property]])),
    Dimensions: Object.entries(dimensions).map(([Name, value]) => ({ Name, Value: value })),
    ...(tags.length > 0 && { Tags: tags as unknown as Value }),
  });
}
