/** Filters of EC2's Describe operations. */
import type { Filter } from "@aws-sdk/client-ec2";
import { list, object, set, string, type Property } from "../core/schema";
import { isObject, type Values } from "../core/wire";
import { strings } from "./resource";

/** The `filters` argument of every function that looks something up. */
export const filters: Property = set(
  object({ name: string({ required: true }), values: list(string(), { required: true }) }),
);

/** Filters as EC2 takes them, with those of the plain arguments; undefined where there are none, which EC2 wants then. */
export function asFilters(args: Values, plain: { [argument: string]: string } = {}): { Filters?: Filter[] } {
  const given = ((args.filters as Values[] | undefined) ?? []).map(({ name, values }) => ({
    Name: name as string,
    Values: strings(values),
  }));
  const named = Object.entries(plain).flatMap(([argument, Name]) =>
    args[argument] === undefined ? [] : [{ Name, Values: [String(args[argument])] }],
  );
  const tags = Object.entries(isObject(args.tags) ? args.tags : {}).map(([key, value]) => ({
    Name: `tag:${key}`,
    Values: [value as string],
  }));
  const all = [...given, ...named, ...tags];
  return all.length > 0 ? { Filters: all } : {};
}
