import { isIPv4 } from "node:net";
import { Netmask } from "netmask";
import { z } from "zod";

/**
 * The kinds of single values in the configuration. Each carries what to write instead, in the imperative: a fault is shown as
 * `PATH is VALUE: WRITE`, so the text follows a colon.
 */

/** A string that matches a pattern as a whole. */
export const text = (pattern: RegExp, write: string) => z.string({ error: write }).regex(pattern, { error: write });

/** A whole number from `min` to `max`, both included. */
export const whole = (min: number, max: number, write: string) =>
  z.int({ error: write }).min(min, { error: write }).max(max, { error: write });

/** True or false. */
export const flag = (write: string) => z.boolean({ error: write });

/** One of a few words. */
export const word = <const Words extends readonly string[]>(words: Words) =>
  z.enum(words, { error: `write one of ${words.join(", ")}` });

/** A download's address. `{version}` in it stands for the version of what is downloaded. */
const ADDRESS = 'write an address such as "https://mirror.example.com/file.tar.gz"';
export const url = z
  .string({ error: ADDRESS })
  .refine((address) => /^https?:\/\/[^\s/]+\S*$/.test(address) && URL.canParse(address), { error: ADDRESS })
  .refine((address) => !/^https?:\/\/[^/]*@/.test(address), {
    error: "write it without user name and password: user data shows it to whoever may describe the instance",
  });

/** A file's SHA-256 in hexadecimal. */
export const sha256 = text(/^[0-9a-f]{64}$/, "write the file's sha256: 64 lower-case hexadecimal digits");

/** One exact version: what a host runs must not depend on the day it booted. */
export const version = text(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'write one exact version, such as "3.12.0"');

const GRAVITON = /^(a1|[a-z]+\d+g[a-z]*)\./;

/** Families from before Nitro, where an EBS volume shows as /dev/xvd* and does not tell its id. */
const XEN = /^(t[12]|m[1-4]|c[1-4]|r[34]|i[23]|d2|g[23]|h1|p[23]|x1e?|f1|cc2|cr1|hs1)\./;

/** An x86-64 EC2 instance type: Node 8 and Realm's native module exist for no other architecture. */
export const instanceType = text(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, 'write an EC2 instance type, such as "m6i.large"')
  .refine((type) => !GRAVITON.test(type), {
    error: "write an x86-64 type, such as m6i.large: what the hosts run is not built for arm64",
  })
  .refine((type) => !XEN.test(type), {
    error:
      "write a type of the Nitro generation, such as m6i.large: on older ones a host cannot find its data volume by the volume's id",
  });

/** A host is of this type, and its data volume of this size, where the configuration says nothing. */
export const DEFAULT_INSTANCE_TYPE = "m6i.large";
export const DEFAULT_VOLUME_GIB = 100;

/** A data volume's size in GiB, as EBS allows for gp3. */
export const volumeGiB = whole(1, 16384, "write the size of the data volume in GiB, from 1 to 16384");

/** A name of DNS, of two parts or more, in lower case. */
export const domain = (write: string) => text(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]+$/, write);

const isNetwork = (value: string) => {
  try {
    return isIPv4(value.split("/")[0]) && new Netmask(value).toString() === value;
  } catch {
    return false;
  }
};

/** An IPv4 network: the first address of the block and its prefix length. */
export const cidr = (write: string) => z.string({ error: write }).refine(isNetwork, { error: write });

/** What AWS's own guide allows for a VPC without a second thought: addresses that no host of the internet has. */
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"].map((block) => new Netmask(block));

/** An IPv4 network of private addresses. */
export const privateCidr = (write: string) =>
  cidr(write).refine((value) => !isNetwork(value) || PRIVATE.some((block) => block.contains(value)), { error: write });

/** Whether a network is a part of another, or the same. */
export const isWithin = (inner: string, outer: string) => new Netmask(outer).contains(inner);

/** A list in which nothing stands twice. */
export const once = <T extends z.ZodArray<z.ZodType<string>>>(list: T, write: string) =>
  list.refine((values) => new Set(values).size === values.length, { error: write });

/** Networks, each once: rules are named after them. */
export const networks = once(
  z.array(cidr('write an IPv4 network, such as "10.30.0.0/24"'), { error: "write a list of IPv4 networks" }),
  "write each network once",
);
