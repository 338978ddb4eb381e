/** aws:ssm/parameter:Parameter and its function. */
import { paginateGetParametersByPath, type ParameterTier, type ParameterType } from "@aws-sdk/client-ssm";
import { boolean, number, string, type Invoke } from "../core/schema";
import type { Values } from "../core/wire";
import type { Aws } from "./context";
import { regional, tagState, tagged, tagsOf, type Tag } from "./resource";

/** A value under a name. Its value is a secret of the state, whatever its type: so the real provider has it. */
export const parameter = regional(
  tagged(
    {
      properties: {
        name: string({ computed: true, forceNew: true }),
        type: string({ required: true, oneOf: ["String", "StringList", "SecureString"] }),
        value: string({ required: true, secret: true }),
        description: string(),
        allowedPattern: string(),
        dataType: string({ computed: true, forceNew: true }),
        keyId: string({ computed: true }),
        tier: string({ computed: true, oneOf: ["Standard", "Advanced", "Intelligent-Tiering"] }),
        overwrite: boolean({ writeOnly: true }),
        arn: string({ output: true }),
        version: number({ output: true, renewed: true }),
      },
      autoname: { property: "name", maxLength: 2048 },
      async create(aws, inputs) {
        await put(aws, inputs, inputs.overwrite === true, tagsOf(aws, inputs));
        return { id: inputs.name as string };
      },
      async read(aws, id, known) {
        const ssm = await aws.ssm();
        const { Parameter: found } = await ssm.getParameter({ Name: id, WithDecryption: true });
        if (!found) return undefined;
        const of = { ParameterFilters: [{ Key: "Name", Option: "Equals", Values: [id] }] };
        const { Parameters: [about] = [] } = await ssm.describeParameters(of);
        const { TagList } = await ssm.listTagsForResource({ ResourceType: "Parameter", ResourceId: id });
        return {
          allowedPattern: about?.AllowedPattern || undefined,
          arn: found.ARN,
          dataType: found.DataType,
          description: about?.Description || undefined,
          keyId: about?.KeyId,
          name: found.Name,
          tier: about?.Tier,
          type: found.Type,
          value: found.Value,
          version: found.Version,
          ...tagState(aws, TagList, known),
        };
      },
      // A parameter's tags cannot be put together with a new value.
      update: (aws, _id, { inputs }) => put(aws, inputs, true),
      async delete(aws, id) {
        await (await aws.ssm()).deleteParameter({ Name: id });
      },
    },
    async (aws, ResourceId, add, remove) => {
      const of = { ResourceType: "Parameter" as const, ResourceId };
      const ssm = await aws.ssm();
      if (remove.length > 0) await ssm.removeTagsFromResource({ ...of, TagKeys: remove });
      if (add.length > 0) await ssm.addTagsToResource({ ...of, Tags: add.map(({ Key, Value }) => ({ Key, Value })) });
    },
  ),
);

/** The parameters below a path; there may be none. */
export const getParametersByPath: Invoke<Aws> = {
  arguments: { path: string({ required: true }), recursive: boolean(), withDecryption: boolean(), region: string() },
  async call(aws, args) {
    const client = await aws.in(args.region).ssm();
    const input = {
      Path: args.path as string,
      Recursive: args.recursive as boolean | undefined,
      WithDecryption: args.withDecryption !== false,
    };
    const found = [];
    for await (const { Parameters = [] } of paginateGetParametersByPath({ client }, input)) found.push(...Parameters);
    return {
      ...args,
      id: args.path,
      region: aws.in(args.region).region,
      arns: found.map(({ ARN }) => ARN!),
      names: found.map(({ Name }) => Name!),
      types: found.map(({ Type }) => Type!),
      values: found.map(({ Value }) => Value!),
    };
  },
};

async function put(aws: Aws, inputs: Values, Overwrite: boolean, tags: Tag[] = []): Promise<void> {
  await (
    await aws.ssm()
  ).putParameter({
    Name: inputs.name as string,
    Type: inputs.type as ParameterType,
    Value: inputs.value as string,
    Description: inputs.description as string | undefined,
    AllowedPattern: inputs.allowedPattern as string | undefined,
    DataType: inputs.dataType as string | undefined,
    KeyId: inputs.keyId as string | undefined,
    Tier: inputs.tier as ParameterTier | undefined,
    Overwrite,
    ...(tags.length > 0 ? { Tags: tags.map(({ Key, Value }) => ({ Key, Value })) } : {}),
  });
}
