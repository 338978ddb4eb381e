import { type Deployment, deploy, stackConfig } from "./deploy";

const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
const TOPIC = "arn of Topic realm-cluster-prod-alarms";

interface Widget {
  type: string;
  properties: {
    title: string;
    alarms: string[];
    metrics: [string, ...unknown[]][];
    annotations: { horizontal: { value: number }[] };
  };
}

test("the guide's cluster has no alarms unless they are asked for", async () => {
  const { resources } = await deploy();
  expect(resources.filter(({ type }) => /aws:(cloudwatch|sns)/.test(type))).toEqual([]);
});

describe("the production stack", () => {
  let production: Deployment;
  beforeAll(async () => {
    production = await deploy(stackConfig("prod"), "prod");
  });
  const alarm = (name: string) => production.ofType(ALARM).find((found) => found.name === name)!;

  test("tells the cluster's topic of every alarm, and of its end; the address of its operators is subscribed", () => {
    expect(production.ofType(ALARM).length).toBeGreaterThan(0);
    for (const { inputs } of production.ofType(ALARM)) {
      expect(inputs).toMatchObject({ alarmActions: expect.arrayContaining([TOPIC]), okActions: [TOPIC], period: 60 });
    }
    const [subscription] = production.ofType("aws:sns/topicSubscription:TopicSubscription");
    expect(subscription.inputs).toEqual({ topic: TOPIC, protocol: "email", endpoint: "on-call@example.com" });
  });

  test("has each host tell CloudWatch how it is, once it is ready, and keeps its logs", () => {
    const [logs] = production.ofType("aws:cloudwatch/logGroup:LogGroup");
    expect(logs.inputs).toMatchObject({ name: "/realm-cluster/prod", retentionInDays: 90 });
    const watching = production.resources.filter(({ name }) => name.endsWith("-watch"));
    expect(watching).toHaveLength(11);
    const first = watching.find(({ name }) => name === "consul-01-watch")!;
    const program = (of: unknown) => /gates\/(\w+)\.ts/.exec(String(of))?.[1];
    expect([first.inputs.create, first.inputs.update, first.inputs.delete].map(program)).toEqual([
      "putWatch",
      undefined,
      "removeWatch",
    ]);
    expect(first.inputs.environment).toMatchObject({
      ...{
        HOST: "consul-01",
        INSTANCE_ID: "Instance consul-01",
        METRICS: "realm-cluster/prod",
        LOG_GROUP: "/realm-cluster/prod",
      },
      PROGRAM: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const waitsFor = first.dependencies.map((urn) => urn.split("::").pop());
    expect(waitsFor).toEqual(expect.arrayContaining(["consul-01-boot", "consul-01"]));
  });

  test("watches each host by its instance, which EC2 recovers, once the host has been ready", () => {
    const { inputs, dependencies } = alarm("consul-02-system");
    expect(inputs).toMatchObject({
      name: "realm-cluster-prod-consul-02-system",
      dimensions: { InstanceId: "Instance consul-02" },
      alarmActions: [TOPIC, "arn:aws:automate:eu-west-1:ec2:recover"],
    });
    const gates = dependencies.filter((urn) => urn.endsWith("-watch")).map((urn) => urn.split("::").pop());
    expect(gates).toEqual(["consul-02-watch"]);
  });

  test("watches the load balancer's targets by the names that CloudWatch has for both", () => {
    expect(alarm("targets-healthy").inputs).toMatchObject({
      ...{ namespace: "AWS/ApplicationELB", metricName: "HealthyHostCount", statistic: "Maximum" },
      dimensions: { TargetGroup: "targetgroup/core/1", LoadBalancer: "app/realm/1" },
      ...{ threshold: 1, comparisonOperator: "LessThanThreshold", treatMissingData: "breaching" },
    });
  });

  test("tells in its readme where the dashboard and the logs are", () => {
    expect(production.outputs.readme).toContain(
      "#dashboards/dashboard/realm-cluster-prod). Logs: `/realm-cluster/prod`",
    );
  });

  test("shows every alarm, and its metric with its threshold, on the dashboard", () => {
    const [{ inputs }] = production.ofType("aws:cloudwatch/dashboard:Dashboard");
    expect(inputs.dashboardName).toBe("realm-cluster-prod");
    const { widgets } = JSON.parse(inputs.dashboardBody as string) as { widgets: Widget[] };
    const all = production.ofType(ALARM);
    expect([...widgets[0].properties.alarms].sort()).toEqual(
      all.map(({ name }) => `arn of MetricAlarm ${name}`).sort(),
    );
    const graphs = widgets.filter(({ type }) => type === "metric").map(({ properties }) => properties);
    for (const { inputs: of, name } of all) {
      const dimensions = Object.entries(of.dimensions as Record<string, string>).flat();
      const line = [of.namespace, of.metricName, ...dimensions, { label: name, stat: of.statistic }];
      const graph = graphs.find(({ metrics }) =>
        metrics.some((metric) => JSON.stringify(metric) === JSON.stringify(line)),
      );
      expect(graph?.annotations.horizontal.map(({ value }) => value)).toContain(of.threshold);
    }
  });
});
