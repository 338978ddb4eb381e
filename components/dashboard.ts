import type { AlarmPlan } from "../plan/alarms";
import type { WatchingPlan } from "../plan/watching";

/** An alarm with what AWS calls it and its metric's dimensions. */
export interface KnownAlarm extends Pick<AlarmPlan, "name" | "graph" | "metric" | "statistic" | "when"> {
  arn: string;
  dimensions: Record<string, string>;
}

/** As many as CloudWatch shows in one widget. */
const ALARMS_OF_A_WIDGET = 100;
const HALF = { width: 12, height: 6 };

/**
 * The dashboard, as CloudWatch takes it: all alarms, then a graph for each kind of metric that an alarm is on, with its threshold, then what
 * hosts have logged. Widgets without a place follow each other.
 */
export function dashboardBody(alarms: KnownAlarm[], { region, logs }: Pick<WatchingPlan, "region" | "logs">) {
  const graphs = [...new Set(alarms.map(({ graph }) => graph))];
  return {
    widgets: [
      alarmWidget(alarms),
      ...graphs.map((graph) => {
        const shown = alarms.filter((alarm) => alarm.graph === graph);
        return graphWidget(graph, shown, region);
      }),
      logWidget(logs.group, region),
    ],
  };
}

function alarmWidget(alarms: KnownAlarm[]) {
  const arns = alarms.slice(0, ALARMS_OF_A_WIDGET).map(({ arn }) => arn);
  return { type: "alarm", width: 24, height: 6, properties: { title: "Alarms", alarms: arns } };
}

function graphWidget(title: string, alarms: KnownAlarm[], region: string) {
  const thresholds = new Set(alarms.map(({ when }) => ("below" in when ? when.below : when.atLeast)));
  return {
    type: "metric",
    ...HALF,
    properties: {
      title,
      region,
      view: "timeSeries",
      period: 60,
      metrics: alarms.map(({ metric, dimensions, statistic, name }) => [
        ...[metric.namespace, metric.name, ...Object.entries(dimensions).flat()],
        { label: name, stat: statistic },
      ]),
      annotations: { horizontal: [...thresholds].map((value) => ({ value, label: "alarm" })) },
      yAxis: { left: { min: 0 } },
    },
  };
}

function logWidget(group: string, region: string) {
  const query = `SOURCE '${group}' | fields @timestamp, @logStream, unit, message | sort @timestamp desc | limit 200`;
  return { type: "log", width: 24, height: 9, properties: { title: "Logs", region, query, view: "table" } };
}
