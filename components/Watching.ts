import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as sns from "@pulumi/aws/sns";
import * as pulumi from "@pulumi/pulumi";
import type { AlarmPlan, Made } from "../plan/alarms";
import type { WatchingPlan } from "../plan/watching";
import { type Cluster, tagged } from "./cluster";
import { dashboardBody } from "./dashboard";
import { gate } from "./gate";
import type { Host } from "./Host";
import type { LoadBalancer } from "./LoadBalancer";

export interface WatchingArgs {
  cluster: Cluster;
  plan: WatchingPlan;
  loadBalancer: LoadBalancer;
  /** Every host that the plan names. */
  hosts: Host[];
  /** What must exist before hosts may call CloudWatch. */
  after: pulumi.Resource[];
}

const MISSING = { bad: "breaching", good: "notBreaching", unknown: "missing" };

/** What tells an operator that something is wrong, and where to look: the hosts' metrics and logs, alarms, the topic that they are sent to, a dashboard. */
export class Watching extends pulumi.ComponentResource {
  /** Alarms are sent to it; whoever wants to hear of them subscribes. */
  readonly topicArn: pulumi.Output<string>;
  /** The dashboard, by name. */
  readonly dashboard: pulumi.Output<string>;

  constructor(
    name: string,
    private readonly args: WatchingArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("realm-cluster:index:Watching", name, {}, opts);
    const { cluster, plan } = args;
    const topic = this.createTopic();
    const watched = this.watchHosts();
    const alarms = plan.alarms.map((alarm) => this.createAlarm(alarm, [topic.arn, ...plan.topics], watched));
    const dashboardArgs = { dashboardName: cluster.prefix, dashboardBody: this.dashboardBody(alarms) };
    const dashboard = new cloudwatch.Dashboard("dashboard", dashboardArgs, { parent: this });
    this.topicArn = topic.arn;
    this.dashboard = dashboard.dashboardName;
    this.registerOutputs({ topicArn: this.topicArn, dashboard: this.dashboard });
  }

  private createTopic(): sns.Topic {
    const { cluster, plan } = this.args;
    const args = { displayName: `Realm cluster ${cluster.name}`, tags: tagged(cluster, "alarms") };
    const topic = new sns.Topic(`${cluster.prefix}-alarms`, args, { parent: this });
    for (const endpoint of plan.emails) {
      new sns.TopicSubscription(endpoint, { topic: topic.arn, protocol: "email", endpoint }, { parent: this });
    }
    return topic;
  }

  /** Has every host tell CloudWatch how it is, once it is ready, and a new instance of it again. @returns what exists then, by host */
  private watchHosts(): Map<string, pulumi.Resource> {
    const { cluster, plan, hosts, after } = this.args;
    const logArgs = {
      name: plan.logs.group,
      retentionInDays: plan.logs.retentionDays,
      tags: tagged(cluster, "logs"),
    };
    const logs = new cloudwatch.LogGroup("logs", logArgs, { parent: this });
    const watch = ({ hostName, instanceId, ready }: Host) => {
      const environment = {
        HOST: hostName,
        INSTANCE_ID: instanceId,
        METRICS: plan.metrics,
        LOG_GROUP: logs.name,
        AWS_REGION: plan.region,
        // The program does not read it: it runs again when this changes.
        PROGRAM: plan.program,
      };
      const opts = { parent: this, dependsOn: [ready, ...after] };
      return gate(`${hostName}-watch`, "putWatch", environment, opts, { made: true, deleted: "removeWatch" });
    };
    return new Map(hosts.map((host) => [host.hostName, watch(host)]));
  }

  private createAlarm(
    alarm: AlarmPlan,
    tell: pulumi.Input<string>[],
    watched: Map<string, pulumi.Resource>,
  ): cloudwatch.MetricAlarm {
    const { cluster, plan } = this.args;
    const cure = alarm.cure ? [`arn:${plan.partition}:automate:${plan.region}:ec2:${alarm.cure}`] : [];
    const below = "below" in alarm.when;
    const args = {
      name: `${cluster.prefix}-${alarm.name}`,
      alarmDescription: alarm.description,
      namespace: alarm.metric.namespace,
      metricName: alarm.metric.name,
      dimensions: this.dimensions(alarm),
      statistic: alarm.statistic,
      period: 60,
      evaluationPeriods: alarm.minutes,
      threshold: "below" in alarm.when ? alarm.when.below : alarm.when.atLeast,
      comparisonOperator: below ? "LessThanThreshold" : "GreaterThanOrEqualToThreshold",
      treatMissingData: MISSING[alarm.silence],
      alarmActions: [...tell, ...cure],
      okActions: tell,
      tags: tagged(cluster, alarm.name),
    };
    // A host that boots for the first time has nothing to tell yet.
    const dependsOn = [...watched].filter(([host]) => [host, undefined].includes(alarm.host)).map(([, tells]) => tells);
    return new cloudwatch.MetricAlarm(alarm.name, args, { parent: this, dependsOn });
  }

  private dimensions({ metric }: AlarmPlan): Record<string, pulumi.Input<string>> {
    return Object.fromEntries(
      Object.entries(metric.dimensions).map(([name, value]) => [name, this.nameOf(value)] as const),
    );
  }

  /** What AWS calls what is made. */
  private nameOf(made: string | Made): pulumi.Input<string> {
    const { loadBalancer, hosts } = this.args;
    if (made === "loadBalancer") return loadBalancer.metricName;
    if (made === "targetGroup") return loadBalancer.targetGroup.arnSuffix;
    if (typeof made === "string") return made;
    const host = hosts.find(({ hostName }) => hostName === made.instanceOf);
    if (!host) throw new Error(`the plan names a host ${made.instanceOf} that was not made`);
    return host.instanceId;
  }

  private dashboardBody(alarms: cloudwatch.MetricAlarm[]): pulumi.Output<string> {
    const { plan } = this.args;
    const resolved = plan.alarms.map((alarm, index) => ({
      ...alarm,
      arn: alarms[index].arn,
      dimensions: this.dimensions(alarm),
    }));
    return pulumi.output(resolved).apply((known) => JSON.stringify(dashboardBody(known, plan)));
  }
}
