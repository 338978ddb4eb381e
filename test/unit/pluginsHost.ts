import * as schema from "../../local/plugins/core/schema";
import { SECRET, SIGNATURE, type Value } from "../../local/plugins/core/wire";

const { boolean, json, list, map, number, object, set, string } = schema;

/** A made-up resource type that has properties of every kind. */
export const host: Pick<
  schema.Resource,
  "properties" | "autoname" | "conflicts" | "exactlyOneOf" | "update" | "forcesReplacement"
> = {
  properties: {
    name: string({ computed: true, forceNew: true }),
    image: string({ required: true, forceNew: true }),
    size: number({ default: 8 }),
    groups: set(string()),
    addresses: list(string(), { computed: true }),
    policy: json(),
    tags: map(string()),
    disk: object({ size: number({ computed: true }), encrypted: boolean({ forceNew: true }) }, { computed: true }),
    key: string({ secret: true }),
    keyPath: string(),
    script: string(),
    replaceOnScript: boolean({ writeOnly: true }),
    protocol: string({ oneOf: ["HTTP", "HTTPS"] }),
    arn: string({ output: true }),
  },
  autoname: { property: "name", maxLength: 20 },
  conflicts: [["key", "keyPath"]],
  forcesReplacement: (property, inputs) => property === "script" && inputs.replaceOnScript === true,
  update: async () => undefined,
};

/** A secret, as the engine sends it. */
export const secret = (value: Value): Value => ({ [SIGNATURE]: SECRET, value });
