import { z } from "zod";

const RESERVED_TAGS = ["Name", "Cluster", "DataVolume", "Realms"];

/** What instance metadata, where hosts read their tags, allows in a tag's name; EC2 refuses an instance with any other. */
const TAG_NAME = /^[0-9A-Za-z+\-=.,_:@]{1,127}$/;

/** What AWS takes on one resource, less the program's own. */
const MOST_TAGS = 50 - RESERVED_TAGS.length;

const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

export const tags = z
  .record(z.string(), z.string({ error: "write a string" }), { error: "write names and values" })
  .refine((value) => !Object.keys(value).some((key) => RESERVED_TAGS.includes(key) || key.startsWith("aws:")), {
    error: `choose other names than ${RESERVED_TAGS.join(", ")} and aws:*, which are taken`,
  })
  .refine((value) => Object.keys(value).every((key) => TAG_NAME.test(key)), {
    error: "name tags with letters, digits and + - = . , _ : @ alone, which instance metadata allows",
  })
  .refine((value) => Object.values(value).every((text) => TAG_VALUE.test(text)), {
    error:
      "write values of 256 characters at most: letters, digits, spaces and + - = . _ : / @, which every service of AWS allows",
  })
  .refine((value) => Object.keys(value).length <= MOST_TAGS, { error: `write ${MOST_TAGS} tags at most` })
  .default({});
