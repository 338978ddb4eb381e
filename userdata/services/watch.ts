import { environmentFile, staticFile } from "../files";
import type { Service } from "../service";

export interface WatchArgs {
  /** The namespace of the metrics. */
  metrics: string;
  /** The log group; each host has a stream in it. */
  logs: string;
}

/** Tells CloudWatch once a minute how the host is, and ships its units' logs. */
export function watch({ metrics, logs }: WatchArgs): Service {
  const unit = (name: string) => staticFile(`watch/${name}`, `/etc/systemd/system/${name}`);
  return {
    name: "watch",
    ports: [],
    secrets: [],
    calls: [
      { name: "PutMetrics", actions: ["cloudwatch:PutMetricData"], onlyIf: { "cloudwatch:namespace": metrics } },
      {
        name: "ShipLogs",
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resource: `logs:log-group:${logs}:log-stream:{host}`,
      },
    ],
    installs: [],
    files: [
      staticFile("watch/watch", "/opt/realm-cluster/watch", "0755"),
      environmentFile("/etc/realm-cluster/watch.env", { METRICS: metrics, LOG_GROUP: logs }),
      unit("watch.service"),
      unit("watch.timer"),
    ],
    units: ["watch.timer"],
    stateful: false,
    apart: true,
  };
}
