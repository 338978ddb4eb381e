import { gunzipSync } from "node:zlib";
import { parse, stringify } from "yaml";
import { type Digest, type ResourceState, changingSteps, nameOf } from "./digest";
import { unifiedDiff } from "./text";

/** A change of user data that several hosts have in common, apart from their own names in it. */
export interface UserDataChange {
  /** The hosts, by the resources' names. */
  hosts: string[];
  /** A unified diff, file by file, for the first of them. */
  diff: string[];
}

/** A file in user data: its content, and its permissions and owner as one word after another. */
interface Part {
  content: string;
  attributes: string;
}

/** Whether an instance's property is its user data. */
export function isUserData(property: string): boolean {
  return property === "userDataBase64" || property === "userData";
}

/** How the user data of instances changes that there are before and after. */
export function listUserDataChanges(digest: Digest): UserDataChange[] {
  const changes = new Map<string, UserDataChange>();
  for (const { urn, oldState, newState } of changingSteps(digest)) {
    if (!oldState || !newState) continue;
    const diff = diffUserData(userDataOf(oldState), userDataOf(newState));
    if (diff.length === 0) continue;
    const key = diff.join("\n").replaceAll(nameOf(urn), "HOST");
    const alike = changes.get(key);
    if (alike) alike.hosts.push(nameOf(urn));
    else changes.set(key, { hosts: [nameOf(urn)], diff });
  }
  return [...changes.values()];
}

/** The text of user data as an instance has it: plain, or in base64, compressed or not. */
export function decodeUserData({ userData, userDataBase64 }: { userData?: string; userDataBase64?: string }): string {
  if (userDataBase64 === undefined) return userData ?? "";
  const bytes = Buffer.from(userDataBase64, "base64");
  const compressed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return compressed ? gunzipSync(bytes).toString() : bytes.toString();
}

/** A unified diff, file by file. What is not in a file is in one that is called `cloud-config`. */
export function diffUserData(before: string, after: string): string[] {
  const [old, wanted] = [partsOf(before), partsOf(after)];
  return [...new Set([...old.keys(), ...wanted.keys()])].sort().flatMap((path) => {
    const [from, to] = [old.get(path), wanted.get(path)];
    if (from?.content === to?.content && from?.attributes === to?.attributes) return [];
    return [header("---", path, from), header("+++", path, to), ...unifiedDiff(from?.content ?? "", to?.content ?? "")];
  });
}

const header = (sign: string, path: string, part?: Part) =>
  part ? `${sign} ${path} ${part.attributes}`.trimEnd() : `${sign} /dev/null`;

function userDataOf({ inputs = {} }: ResourceState): string {
  return decodeUserData(inputs as Parameters<typeof decodeUserData>[0]);
}

interface CloudConfig {
  write_files?: { path: string; content: string; permissions?: string; owner?: string }[];
}

function partsOf(text: string): Map<string, Part> {
  if (!text.startsWith("#cloud-config")) return new Map(text ? [["user-data", { content: text, attributes: "" }]] : []);
  const { write_files = [], ...rest } = parse(text) as CloudConfig;
  // What is left out is cloud-init's default.
  const files = write_files.map(({ path, content, permissions = "0644", owner = "root:root" }): [string, Part] => [
    path,
    { content, attributes: `${permissions} ${owner}` },
  ]);
  return new Map([["cloud-config", { content: stringify(rest), attributes: "" }], ...files]);
}
