import { z } from "zod";
import { text, whole } from "../leaves";

export const backup = z
  .strictObject({
    /** When AWS Backup takes snapshots of the data volumes, in UTC. Nothing is backed up without it. */
    schedule: text(
      /^cron\((\S+ ){5}\S+\)$/,
      'write a cron expression of AWS with its six fields, such as "cron(0 3 * * ? *)" for 03:00 UTC every day',
    ).optional(),
    /** How long each backup is kept, in days. */
    retentionDays: whole(1, 36500, "write days, from 1 to 36500").default(35),
    /** Another region that each backup is copied to, and kept in as long. */
    copyToRegion: text(/^[a-z]+(-[a-z]+)+-\d$/, 'write the name of a region, such as "eu-central-1"').optional(),
  })
  .prefault({});
