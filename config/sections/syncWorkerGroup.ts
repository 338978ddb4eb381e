import { z } from "zod";
import { flag, instanceType, text, volumeGiB, whole } from "../leaves";

export const syncWorkerGroup = z.strictObject({
  /** The group's name, which is its shard's; one must be `default`. */
  label: text(/^[a-z][a-z0-9-]{0,30}$/, "write lower-case letters, digits and -, beginning with a letter, 31 at most"),
  /** How many workers: a master, a slave, and with 3 a spare. */
  workers: whole(1, 3, "write 2 or 3 (3 is advised: master, slave and spare)").default(3),
  /** The workers' own hosts; m6i.large when left out. Not for `default` in colocated placement, whose hosts are Consul's. */
  instanceType: instanceType.optional(),
  /** Their data volumes; 100 GiB when left out. Not for `default` in colocated placement. */
  volumeGiB: volumeGiB.optional(),
  /** Allows `workers: 1`, which loses the group's service with its one host. */
  allowSingleWorker: flag("write true to allow a group of one worker").default(false),
  /** The EBS snapshot, of the master's data volume, that the data volumes of all the group's workers are made of. What is set or changed later replaces them. */
  restoreFrom: text(
    /^snap-[0-9a-f]+$/,
    'write the id of an EBS snapshot, such as "snap-0a1b2c3d", or remove it',
  ).optional(),
});
