/** What all AWS resource types share: a region of their own, and tags together with the provider's default tags. */
import { map, string, type Properties, type Resource } from "../core/schema";
import { UNKNOWN, isObject, type Value, type Values } from "../core/wire";
import type { Aws } from "./context";

/** A row of the aws table. */
export type AwsResource = Resource<Aws>;

/** A key and a value, as the services spell tags. */
export interface Tag {
  Key?: string;
  Value?: string;
}

/** Puts tags on a resource and takes keys away, as a type's service wants it. */
export type ApplyTags = (aws: Aws, id: string, put: Tag[], remove: string[]) => Promise<void>;

const tagProperties: Properties = { tags: map(string()), tagsAll: map(string(), { output: true }) };

/** A resource of a region: its `region` may differ from the provider's. */
export function regional(row: AwsResource): AwsResource {
  return {
    ...row,
    properties: { ...row.properties, region: string({ computed: true, forceNew: true }) },
    create: async (aws, inputs) => {
      const made = await row.create(aws.in(inputs.region), inputs);
      return { ...made, state: { ...made.state, region: aws.in(inputs.region).region } };
    },
    ready: row.ready && ((aws, id, inputs) => row.ready!(aws.in(inputs.region), id, inputs)),
    read: async (aws, id, known) => {
      const state = await row.read(aws.in(known.region), id, known);
      return state && { ...state, region: aws.in(known.region).region };
    },
    update: row.update && ((aws, id, change) => row.update!(aws.in(change.old.region), id, change)),
    delete: (aws, id, state) => row.delete(aws.in(state.region), id, state),
  };
}

/** A resource with tags. Creation must put `tagsOf(aws, inputs)` on it, and `read` tell them by `tagState`. */
export function tagged(row: AwsResource, apply: ApplyTags): AwsResource {
  return {
    ...row,
    properties: { ...row.properties, ...tagProperties },
    planned: (aws, inputs, old) => ({ ...row.planned?.(aws, inputs, old), tagsAll: allTags(aws, inputs) }),
    update: async (aws, id, change) => {
      const others = [...change.changed].some((key) => key !== "tags" && key !== "tagsAll");
      const found = others ? await row.update?.(aws, id, change) : undefined;
      if (change.changed.has("tagsAll")) {
        const before = asRecord(change.old.tagsAll);
        const wanted = asRecord(allTags(aws, change.inputs));
        const put = Object.entries(wanted).filter(([key, value]) => before[key] !== value);
        const remove = Object.keys(before).filter((key) => !(key in wanted));
        await apply(
          aws,
          id,
          put.map(([Key, Value]) => ({ Key, Value })),
          remove,
        );
      }
      return found;
    },
  };
}

function asRecord(value: Value): Record<string, string> {
  return isObject(value) ? (value as Record<string, string>) : {};
}

/** The provider's default tags with the resource's own over them. */
function allTags(aws: Aws, inputs: Values): Value {
  return inputs.tags === UNKNOWN ? UNKNOWN : { ...aws.defaultTags, ...asRecord(inputs.tags) };
}

/** The tags to create a resource with. */
export function tagsOf(aws: Aws, inputs: Values): Tag[] {
  return Object.entries(asRecord(allTags(aws, inputs))).map(([Key, Value]) => ({ Key, Value }));
}

/** `tags` and `tagsAll` out of what the service tells: default tags are only in `tagsAll`, AWS's own in neither. */
export function tagState(aws: Aws, tags: Tag[] | undefined, known: Values): { tags: Values; tagsAll: Values } {
  const own = asRecord(known.tags);
  const all = Object.fromEntries(
    (tags ?? []).filter(({ Key }) => !Key!.startsWith("aws:")).map(({ Key, Value }) => [Key!, Value ?? ""]),
  );
  const mine = Object.entries(all).filter(([key, value]) => key in own || aws.defaultTags[key] !== value);
  return { tags: Object.fromEntries(mine), tagsAll: all };
}

/** The values of an array property; empty where it is not given. */
export function strings(value: Value): string[] {
  return Array.isArray(value) ? (value as string[]) : [];
}
