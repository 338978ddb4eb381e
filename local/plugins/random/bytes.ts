/** random:index/randomBytes:RandomBytes and random:index/randomId:RandomId. */
import { randomBytes as bytes } from "node:crypto";
import { map, number, string, type Resource } from "../core/schema";
import type { Values } from "../core/wire";

/** Values whose change asks for another random value. */
export const keepers = map(string(), { forceNew: true });

/** Bytes in base64 and hexadecimal, secret. */
export const randomBytes: Resource = {
  properties: {
    keepers,
    length: number({ required: true, forceNew: true }),
    base64: string({ output: true, secret: true }),
    hex: string({ output: true, secret: true }),
  },
  create: async (_, inputs) => {
    const value = bytes(inputs.length as number);
    return { id: "none", state: { base64: value.toString("base64"), hex: value.toString("hex") } };
  },
  // The real provider imports by the value in base64.
  read: async (_, id, known) => {
    if (known.base64) return known;
    const value = Buffer.from(id, "base64");
    return { length: value.length, base64: value.toString("base64"), hex: value.toString("hex") };
  },
  delete: async () => undefined,
};

/** An identifier, not secret. */
export const randomId: Resource = {
  properties: {
    keepers,
    byteLength: number({ required: true, forceNew: true }),
    prefix: string({ forceNew: true }),
    b64Std: string({ output: true }),
    b64Url: string({ output: true }),
    dec: string({ output: true }),
    hex: string({ output: true }),
  },
  create: async (_, inputs) => {
    const value = bytes(inputs.byteLength as number);
    return { id: value.toString("base64url"), state: spelt(value, (inputs.prefix as string | undefined) ?? "") };
  },
  // The real provider imports by `<prefix>,<base64url>`, or the base64url alone.
  read: async (_, id, known) => {
    if (known.hex) return known;
    const [encoded, prefix = ""] = id.split(",").reverse();
    const value = Buffer.from(encoded, "base64url");
    return { byteLength: value.length, ...(prefix ? { prefix } : {}), ...spelt(value, prefix) };
  },
  delete: async () => undefined,
};

function spelt(value: Buffer, prefix: string): Values {
  return {
    b64Std: prefix + value.toString("base64"),
    b64Url: prefix + value.toString("base64url"),
    dec: prefix + BigInt(`0x${value.toString("hex") || "0"}`).toString(),
    hex: prefix + value.toString("hex"),
  };
}
