import { z } from "zod";
import { flag, once, text, whole, word } from "./leaves";
import { backup } from "./sections/backup";
import { consul } from "./sections/consul";
import { coreServices } from "./sections/coreServices";
import { dns } from "./sections/dns";
import { image } from "./sections/image";
import { loadBalancer } from "./sections/loadBalancer";
import { network } from "./sections/network";
import { node } from "./sections/node";
import { realm } from "./sections/realm";
import { rotation } from "./sections/rotation";
import { isRsaPrivateKey, isToken, optionalSecret, secret } from "./sections/secrets";
import { syncWorkerGroup } from "./sections/syncWorkerGroup";
import { tags } from "./sections/tags";
import { watching } from "./sections/watching";

/** Every key of the stack's configuration, without its `realm-cluster:`. */
export const shape = {
  /** `colocated`: the workers of the group `default` live on the Consul servers' hosts. `dedicated`: every service has hosts of its own. */
  placement: word(["colocated", "dedicated"]).default("colocated"),
  /** The availability zones to spread over. Empty: the region's first three. */
  zones: once(
    z.array(text(/^[a-z]+(-[a-z]+)+-\d[a-z]$/, 'write the name of a zone, such as "eu-west-1a"'), {
      error: "write a list of zones",
    }),
    "write each zone once",
  )
    .refine((zones) => zones.length !== 1 && zones.length <= 8, {
      error: "write 2 to 8 zones: a load balancer needs two",
    })
    .default([]),
  network,
  /** The hosts' machine image: its exact name and owner, or its id. A newer image replaces hosts, so it changes only here. */
  image,
  consul,
  node,
  realm,
  /** The groups of sync workers; each is a shard. */
  syncWorkerGroups: z
    .array(syncWorkerGroup, { error: "write a list of groups, such as [{label: default, workers: 3}]" })
    .default([{ label: "default", workers: 3, allowSingleWorker: false }]),
  coreServices,
  loadBalancer,
  dns,
  /** Realm's feature token. Secret. */
  featureToken: secret(
    isToken,
    "run `pulumi config set --secret featureToken TOKEN` with the token that Realm gave you",
  ),
  /** The token of the private npm registry. Secret. */
  npmToken: optionalSecret(isToken, "run `pulumi config set --secret npmToken TOKEN`"),
  /** An RSA private key (PEM) to sign tokens with, brought in from an older cluster. Secret. Left out, the cluster makes its own. */
  authKey: optionalSecret(
    isRsaPrivateKey,
    "run `pulumi config set --secret authKey < auth.key` with an unencrypted RSA private key of 2048 bits or more, in PEM form",
  ),
  rotation,
  /** How long a host may take from its creation until it is ready, in minutes. */
  bootTimeoutMinutes: whole(1, 120, "write minutes, from 1 to 120").default(15),
  /** Whether data volumes are kept when the cluster, or a host, is destroyed. */
  retainData: flag("write true or false").default(true),
  /** Hosts whose data volumes are deleted with them, whatever `retainData` and `deletionProtection` say of others. */
  discardData: z
    .array(text(/^[a-z][a-z0-9-]*-\d\d$/, 'write the name of a host, such as "sync-default-03"'), {
      error: "write a list of hosts",
    })
    .default([]),
  /** Refuses to delete data volumes and the load balancer, whose names and data cannot be had again, until it is set to false. */
  deletionProtection: flag("write true or false").default(false),
  /** Scheduled backups of the data volumes. */
  backup,
  /** Alarms, dashboard, metrics and logs in CloudWatch. */
  watching,
  /** Tags for every resource that can have them. */
  tags,
};

/** The configuration as the plan reads it: complete, and free of faults. */
export type Config = { [Key in keyof typeof shape]: z.output<(typeof shape)[Key]> };
