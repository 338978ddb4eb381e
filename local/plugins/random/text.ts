/** random:index/randomPassword:RandomPassword and random:index/randomString:RandomString. */
import { randomInt } from "node:crypto";
import { boolean, number, string, type Properties, type Resource } from "../core/schema";
import type { Values } from "../core/wire";
import { keepers } from "./bytes";

const properties: Properties = {
  keepers,
  length: number({ required: true, forceNew: true }),
  lower: boolean({ forceNew: true, computed: true, default: true }),
  upper: boolean({ forceNew: true, computed: true, default: true }),
  numeric: boolean({ forceNew: true, computed: true, default: true }),
  special: boolean({ forceNew: true, computed: true, default: true }),
  minLower: number({ forceNew: true, computed: true, default: 0 }),
  minUpper: number({ forceNew: true, computed: true, default: 0 }),
  minNumeric: number({ forceNew: true, computed: true, default: 0 }),
  minSpecial: number({ forceNew: true, computed: true, default: 0 }),
  overrideSpecial: string({ forceNew: true }),
};

/** Text of the classes asked for, not secret. */
export const randomString: Resource = {
  properties: { ...properties, result: string({ output: true }) },
  create: async (_, inputs) => {
    const result = compose(inputs);
    return { id: result, state: { result } };
  },
  // The real provider imports by the value.
  read: async (_, id, known) => (known.result ? known : { length: id.length, result: id }),
  delete: async () => undefined,
};

/** The same as a secret; without the bcrypt hash that the real provider adds. */
export const randomPassword: Resource = {
  ...randomString,
  properties: { ...properties, result: string({ output: true, secret: true }) },
  create: async (_, inputs) => ({ id: "none", state: { result: compose(inputs) } }),
};

/** At least the minimum of each class, the rest from all of them, shuffled. */
export function compose(inputs: Values): string {
  const classes = [
    { wanted: inputs.lower, least: inputs.minLower, characters: "abcdefghijklmnopqrstuvwxyz" },
    { wanted: inputs.upper, least: inputs.minUpper, characters: "ABCDEFGHIJKLMNOPQRSTUVWXYZ" },
    { wanted: inputs.numeric, least: inputs.minNumeric, characters: "0123456789" },
    {
      wanted: inputs.special,
      least: inputs.minSpecial,
      characters: (inputs.overrideSpecial as string) || "!@#$%&*()-_=+[]{}<>:?",
    },
  ].filter(({ wanted }) => wanted);
  const pick = (characters: string, count: number) =>
    Array.from({ length: count }, () => characters[randomInt(characters.length)]);
  const least = classes.flatMap(({ least, characters }) => pick(characters, (least as number | undefined) ?? 0));
  const left = (inputs.length as number) - least.length;
  if (classes.length === 0 || left < 0)
    throw new Error("length is less than the characters asked for, or no class is allowed");
  const text = [...least, ...pick(classes.map(({ characters }) => characters).join(""), left)];
  for (let last = text.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [text[last], text[other]] = [text[other], text[last]];
  }
  return text.join("");
}
