/** The secrets of a deployment, and what they may look like where they were not meant to get. */
import { SSM } from "@aws-sdk/client-ssm";
import { SECRET, SIGNATURE } from "../../local/plugins/core/wire";
import type { Deployment } from "./deployment";

/** A text to look for, and what it is of. */
export interface Needle {
  /** The secret's name. */
  secret: string;
  /** How it is written. */
  as: string;
  bytes: Buffer;
}

/** Shorter ones would be found by chance. */
const LEAST_BYTES = 10;
/** What is longer is found by its end: keys and tokens of one kind begin alike. */
const MOST_BYTES = 45;

/**
 * Everything that is secret in a deployment, by its name: what Pulumi's state marks so, decrypted, and what SSM keeps as SecureString.
 * Keys that are public by their nature are none, wherever they are kept.
 */
export async function secretValues(cluster: Deployment, secretPath: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const add = (name: string, value: string) => {
    const known = [...found.values()].some((other) => other.trim() === value.trim());
    if (!known && value.length >= LEAST_BYTES && !/^-----BEGIN (PUBLIC KEY|CERTIFICATE)/.test(value))
      found.set(name, value);
  };
  const ssm = new SSM(cluster.local.client);
  let NextToken: string | undefined;
  do {
    const page = await ssm.getParametersByPath({ Path: secretPath, WithDecryption: true, NextToken });
    for (const { Name, Value } of page.Parameters ?? []) add(Name!.split("/").pop()!, Value!);
    NextToken = page.NextToken;
  } while (NextToken);
  for (const [path, value] of markedSecrets(await cluster.decryptedState())) add(path, value);
  add("adminToken", cluster.outputs.adminToken);
  return found;
}

/** The texts in what a state marks as secret, each with its place. */
function markedSecrets(value: unknown, path: string[] = []): [string, string][] {
  if (typeof value !== "object" || value === null) return [];
  const object = value as Record<string, unknown>;
  if (object[SIGNATURE] === SECRET) return textsIn(JSON.parse(String(object.plaintext)), path);
  return Object.entries(object).flatMap(([key, inner]) => {
    const name =
      typeof inner === "object" && inner !== null && "urn" in inner ? String(inner.urn).split("::").pop()! : key;
    const isResource = name !== key;
    return markedSecrets(inner, isResource ? [name] : [...path, name]);
  });
}

function textsIn(value: unknown, path: string[]): [string, string][] {
  if (typeof value === "string") return [[path.join("."), value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsIn(inner, [...path, key]));
}

/** All that a secret may be written as. */
export function needlesOf(secret: string, value: string): Needle[] {
  const lines = ownLines(value.split("\n").filter((line) => line !== "" && !line.startsWith("-----")));
  // A key in PEM has its body in lines, of which one is enough to find another encoding of the whole.
  const whole = end(Buffer.from(lines.length > 1 ? lines[1] : value));
  const decoded = decodedBody(lines.join(""));
  const needles = [
    ...lines.map((line) => ({ as: "itself", bytes: end(Buffer.from(line)) })),
    ...encodings(whole),
    ...(decoded ? [{ as: "decoded", bytes: withoutBreaks(decoded) }, ...encodings(decoded)] : []),
  ];
  // Of two writings that are the same the first, which is the plainer one.
  const distinct = new Map(needles.reverse().map(({ as, bytes }) => [bytes.toString("latin1"), { secret, as, bytes }]));
  return [...distinct.values()].filter(({ bytes }) => bytes.length >= LEAST_BYTES);
}

/** A private key begins with the public one. */
const ownLines = (lines: string[]) => lines.slice(Math.floor(lines.length / 2));

const end = (bytes: Buffer) => bytes.subarray(-MOST_BYTES);

function encodings(bytes: Buffer): { as: string; bytes: Buffer }[] {
  const text = bytes.toString("latin1");
  const json = JSON.stringify(text).slice(1, -1);
  const texts: [string, string][] = [
    ...[0, 1, 2].flatMap((shift): [string, string][] => {
      const encoded = base64Within(bytes, shift);
      return [
        ["base64", encoded],
        ["base64url", encoded.replaceAll("+", "-").replaceAll("/", "_")],
      ];
    }),
    ["hex", bytes.toString("hex")],
    ["HEX", bytes.toString("hex").toUpperCase()],
    ["JSON", json],
    ["JSON in JSON", JSON.stringify(json).slice(1, -1)],
    ["URL", encodeURIComponent(text)],
  ];
  return texts.map(([as, written]) => ({ as, bytes: Buffer.from(written, "latin1") }));
}

/** What base64 makes of it inside of a longer text that begins so many bytes before: the characters that depend on nothing else. */
function base64Within(bytes: Buffer, shift: number): string {
  const whole = Buffer.concat([Buffer.alloc(shift), bytes]);
  return whole.toString("base64").slice(Math.ceil((shift * 8) / 6), Math.floor((whole.length * 8) / 6));
}

/** What a text stands for that is base64 itself, as keys are. */
function decodedBody(body: string): Buffer | undefined {
  return /^[A-Za-z0-9+/]{40,}={0,2}$/.test(body) ? end(Buffer.from(body, "base64")) : undefined;
}

/** Its longest part that what searches by lines can look for. */
function withoutBreaks(bytes: Buffer): Buffer {
  const parts = bytes.toString("latin1").split(/[\n\0]/);
  const longest = parts.reduce((best, part) => (part.length > best.length ? part : best));
  return Buffer.from(longest, "latin1");
}
