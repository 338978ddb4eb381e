import { z } from "zod";
import { flag, networks, once } from "../leaves";

/** What CloudWatch Logs takes as a retention, in days. */
const RETENTIONS = [
  ...[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
] as const;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const TOPIC = /^arn:aws(-cn|-us-gov)?:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/;
/** CloudWatch takes five actions for an alarm: these, the cluster's own topic, and the recovery of a host. */
const MOST_TOPICS = 3;

export const watching = z
  .strictObject({
    /** Alarms, a dashboard, metrics of the hosts' own, and the hosts' logs, all in CloudWatch. */
    enabled: flag("write true or false").default(false),
    /** Who hears of alarms besides those who subscribe to the cluster's topic themselves: e-mail addresses, each confirmed once by its owner, and ARNs of SNS topics. */
    notify: once(
      z.array(
        z.string({ error: "write strings" }).refine((value) => EMAIL.test(value) || TOPIC.test(value), {
          error: 'write an e-mail address, or an SNS topic such as "arn:aws:sns:eu-west-1:123456789012:on-call"',
        }),
        { error: "write a list of e-mail addresses and ARNs of SNS topics" },
      ),
      "write each once",
    )
      .refine((notify) => notify.filter((one) => TOPIC.test(one)).length <= MOST_TOPICS, {
        error: `write ${MOST_TOPICS} ARNs at most, which is what an alarm can hold`,
      })
      .default([]),
    /** How long the hosts' logs are kept, in days. */
    logRetentionDays: z
      .literal(RETENTIONS, { error: `write a number of days that CloudWatch Logs takes: ${RETENTIONS.join(", ")}` })
      .default(30),
    /** Who may read the sync workers' `/metrics`, which are Prometheus's, besides: the networks of who scrapes them. */
    metricsCidrs: networks.default([]),
  })
  .prefault({});
