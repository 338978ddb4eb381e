import { z } from "zod";
import {
  DEFAULT_INSTANCE_TYPE,
  DEFAULT_VOLUME_GIB,
  instanceType,
  sha256,
  text,
  url,
  version,
  volumeGiB,
  whole,
} from "../leaves";
import { digest } from "./release";

const CONSUL = { version: "1.20.6", sha256: "37fc6f213a44c6db3a2b912966fb1415939e9b189ce1bc1eb07b7f87449a28c2" };

/** Where the vendor publishes; `{version}` stands for the version. */
export const CONSUL_URL = "https://releases.hashicorp.com/consul/{version}/consul_{version}_linux_amd64.zip";

export const consul = z
  .strictObject({
    /** How many Consul servers: 3 survive the loss of one, 5 of two. */
    servers: z
      .literal([1, 3, 5], { error: "write 1, 3 or 5: an even number survives no more losses than one less" })
      .default(3),
    version: version.default(CONSUL.version),
    /** The digest of the file at `url`. Required when `version` is not the default. */
    sha256: sha256.optional(),
    url: url.default(CONSUL_URL),
    /** Consul's name for this cluster. */
    datacenter: text(/^[a-z0-9_-]{1,63}$/, "write lower-case letters, digits, - and _, such as dc1").default("dc1"),
    /** The hosts of the Consul servers; in colocated placement these carry the workers of the group `default` too. */
    instanceType: instanceType.default(DEFAULT_INSTANCE_TYPE),
    volumeGiB: volumeGiB.default(DEFAULT_VOLUME_GIB),
    /** The certificates of Consul's agents: valid for so many days, and renewed by the first update in their last so many. */
    certificates: z
      .strictObject({
        validDays: whole(2, 3650, "write days, from 2 to 3650").default(365),
        renewDays: whole(1, 3649, "write days, from 1 to 3649").default(90),
      })
      .refine(({ validDays, renewDays }) => renewDays < validDays, {
        error: "write fewer renewDays than validDays: a certificate would be renewed by every update",
      })
      .prefault({}),
  })
  .transform(digest(CONSUL))
  .prefault({});
