/** aws:sns/topic:Topic and aws:sns/topicSubscription:TopicSubscription. */
import { boolean, string } from "../core/schema";
import type { Value, Values } from "../core/wire";
import { regional, tagState, tagged, tagsOf, type Tag } from "./resource";

/** What messages are sent to. */
export const topic = regional(
  tagged(
    {
      properties: {
        name: string({ computed: true, forceNew: true }),
        displayName: string(),
        arn: string({ output: true }),
        owner: string({ output: true }),
      },
      autoname: { property: "name", maxLength: 256 },
      async create(aws, inputs) {
        const sns = await aws.sns();
        const Tags = tagsOf(aws, inputs) as unknown as Value;
        const { TopicArn } = await sns.call("CreateTopic", { Name: inputs.name, Tags });
        const named = { TopicArn, AttributeName: "DisplayName", AttributeValue: inputs.displayName };
        if (inputs.displayName) await sns.call("SetTopicAttributes", named);
        return { id: TopicArn as string };
      },
      async read(aws, id, known) {
        const sns = await aws.sns();
        const { Attributes } = await sns.call("GetTopicAttributes", { TopicArn: id });
        const { DisplayName, Owner } = Attributes as Values;
        const { Tags } = await sns.call("ListTagsForResource", { ResourceArn: id });
        return {
          name: id.split(":").at(-1),
          displayName: DisplayName,
          arn: id,
          owner: Owner,
          ...tagState(aws, Array.isArray(Tags) ? (Tags as unknown as Tag[]) : [], known),
        };
      },
      async update(aws, id, { inputs, changed }) {
        if (!changed.has("displayName")) return;
        const named = { TopicArn: id, AttributeName: "DisplayName", AttributeValue: inputs.displayName ?? "" };
        await (await aws.sns()).call("SetTopicAttributes", named);
      },
      async delete(aws, id) {
        await (await aws.sns()).call("DeleteTopic", { TopicArn: id });
      },
    },
    async (aws, ResourceArn, add, remove) => {
      const sns = await aws.sns();
      if (remove.length > 0) await sns.call("UntagResource", { ResourceArn, TagKeys: remove });
      if (add.length > 0) await sns.call("TagResource", { ResourceArn, Tags: add as unknown as Value });
    },
  ),
);

/** Who gets a topic's messages. AWS asks the owner of an e-mail address first; here nobody is asked. */
export const topicSubscription = regional({
  properties: {
    topic: string({ required: true, forceNew: true }),
    protocol: string({
      required: true,
      forceNew: true,
      oneOf: ["email", "email-json", "https", "sqs", "lambda", "sms"],
    }),
    endpoint: string({ required: true, forceNew: true }),
    arn: string({ output: true }),
    ownerId: string({ output: true }),
    pendingConfirmation: boolean({ output: true }),
  },
  async create(aws, inputs) {
    const { SubscriptionArn } = await (
      await aws.sns()
    ).call("Subscribe", {
      TopicArn: inputs.topic,
      Protocol: inputs.protocol,
      Endpoint: inputs.endpoint,
      ReturnSubscriptionArn: true,
    });
    return { id: SubscriptionArn as string };
  },
  async read(aws, id) {
    const { Attributes } = await (await aws.sns()).call("GetSubscriptionAttributes", { SubscriptionArn: id });
    const { TopicArn, Protocol, Endpoint, Owner, PendingConfirmation } = Attributes as Values;
    return {
      topic: TopicArn,
      protocol: Protocol,
      endpoint: Endpoint,
      arn: id,
      ownerId: Owner,
      pendingConfirmation: PendingConfirmation === "true",
    };
  },
  async delete(aws, id) {
    await (await aws.sns()).call("Unsubscribe", { SubscriptionArn: id });
  },
});
