import { readFileSync } from "node:fs";
import { join } from "node:path";
import { planCluster } from "../../plan";
import { coreServices, watch } from "../../userdata/services";
import { configured, facts } from "./plan.examples";

const plan = (changes: Record<string, unknown> = {}) =>
  planCluster(configured({ watching: { enabled: true }, ...changes }), facts, "dev");
const alarms = plan().watching!.alarms;

test("nothing is watched unless it is asked for", () => {
  expect(planCluster(configured(), facts, "dev").watching).toBeUndefined();
});

test("every host has the alarms of a host, by its own name", () => {
  const names = alarms.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const of = (host: string) => alarms.filter((alarm) => alarm.host === host).map(({ name }) => name);
  for (const { name } of plan().hosts) {
    expect(of(name)).toEqual(["system", "instance", "boot", "disk"].map((what) => `${name}-${what}`));
  }
});

test("the cluster has alarms on what all hosts see of it, a group with as many workers as it may lose down to", () => {
  const groups = [
    { label: "default", workers: 3 },
    { label: "one", workers: 1, allowSingleWorker: true },
  ];
  const { watching } = plan({ placement: "dedicated", consul: { servers: 5 }, syncWorkerGroups: groups });
  const rows = watching!.alarms
    .filter(({ metric, host }) => metric.namespace === "realm-cluster/dev" && host === undefined)
    .map(({ name, metric, statistic, when, minutes, silence }) => {
      const threshold = "below" in when ? `< ${when.below}` : `>= ${when.atLeast}`;
      const dimensions = Object.entries(metric.dimensions).map((pair) => pair.join("="));
      return [name, metric.name, ...dimensions, statistic, threshold, minutes, silence].join(" ");
    });
  expect(rows).toEqual([
    "region RegionHealthy Maximum < 1 3 bad",
    "consul-leader ConsulLeader Minimum < 1 3 bad",
    "consul-peers ConsulVoters Maximum < 5 10 bad",
    "realm-directory RealmDirectories Maximum < 1 3 bad",
    "group-default-master Masters Group=default Maximum < 1 3 bad",
    "group-default-workers Workers Group=default Maximum < 2 3 bad",
    "group-one-master Masters Group=one Maximum < 1 3 bad",
    "group-one-workers Workers Group=one Maximum < 1 10 bad",
  ]);
});

test("hosts put every metric that an alarm is on, and those alone", () => {
  const program = readFileSync(join(__dirname, "../../userdata/files/watch/watch"), "utf8");
  const put = [...program.matchAll(/yield "(\w+)"/g)].map(([, name]) => name);
  const own = alarms.filter(({ metric }) => metric.namespace === "realm-cluster/dev").map(({ metric }) => metric.name);
  expect([...new Set(put)].sort()).toEqual([...new Set(own)].sort());
});

test("hosts may put metrics into the cluster's namespace and lines into their own log streams, if they are watched", () => {
  const statements = ({ roles }: ReturnType<typeof plan>) =>
    roles.map(({ policy }) =>
      policy.Statement.filter(({ Sid }) => !["ReadSecrets", "ReportBoot", "Agent"].includes(Sid)),
    );
  const watched = (host: string) => [
    {
      Sid: "PutMetrics",
      Effect: "Allow",
      Action: ["cloudwatch:PutMetricData"],
      Resource: ["*"],
      Condition: { StringEquals: { "cloudwatch:namespace": "realm-cluster/dev" } },
    },
    {
      Sid: "ShipLogs",
      Effect: "Allow",
      Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
      Resource: [`arn:aws:logs:eu-west-1:123456789012:log-group:/realm-cluster/dev:log-stream:${host}`],
    },
  ];
  expect(statements(plan())).toEqual(plan().hosts.map(({ name }) => watched(name)));
  expect(statements(planCluster(configured(), facts, "dev")).flat()).toEqual([]);
});

test("being watched changes no user data, so that it replaces no host", () => {
  const launches = ({ hosts }: ReturnType<typeof plan>) => hosts.map(({ launch }) => launch);
  expect(launches(plan())).toEqual(launches(planCluster(configured(), facts, "dev")));
});

test("hosts that cannot reach the internet tell CloudWatch inside of the VPC", () => {
  const mirror = "https://mirror.example.com/{version}.tar.gz";
  const isolated = { network: { nat: "none" }, consul: { url: mirror }, node: { url: mirror } };
  expect(plan(isolated).network).toMatchObject({ endpoints: ["ssm", "ssmmessages", "monitoring", "logs"] });
  expect(plan({ ...isolated, watching: {} }).network).toMatchObject({ endpoints: ["ssm", "ssmmessages"] });
  expect(plan().network).toMatchObject({ endpoints: [] });
});

test("EC2 recovers an instance before it would reboot it", () => {
  const cured = alarms.filter(({ cure }) => cure);
  expect(cured.map(({ metric, cure, minutes }) => `${metric.name} ${cure} ${minutes}`)).toEqual(
    plan().hosts.flatMap(() => ["StatusCheckFailed_System recover 2", "StatusCheckFailed_Instance reboot 3"]),
  );
});

test("an alarm says in sentences what has happened", () => {
  for (const { description } of alarms) expect(description).toMatch(/^[A-Z].{20,}\.$/);
  // CloudWatch takes 1024.
  for (const { description } of alarms) expect(description.length).toBeLessThan(1024);
});

test("e-mail addresses are subscribed, and topics of others are told", () => {
  const topic = "arn:aws:sns:eu-west-1:123456789012:on-call";
  const { watching } = plan({ watching: { enabled: true, notify: ["a@example.com", topic] } });
  expect(watching).toMatchObject({ emails: ["a@example.com"], topics: [topic] });
});

test("those who scrape metrics reach the port of the workers that has them, and no other", () => {
  const cidrs = ["10.30.0.0/24", "10.31.0.0/24"];
  const own = (planned: ReturnType<typeof plan>) =>
    planned.firewall.ingress.filter(({ peer }) => "cidr" in peer && cidrs.includes(peer.cidr));
  const scraped = plan({ placement: "dedicated", watching: { metricsCidrs: cidrs } });
  expect(own(scraped).map(({ name }) => name)).toEqual(cidrs.map((cidr) => `sync-tcp-9080-from-${cidr}`));
  expect(own(scraped)[0]).toMatchObject({ group: "sync", traffic: { protocol: "tcp", port: 9080 } });
  const colocated = plan({ watching: { metricsCidrs: cidrs } });
  expect(own(colocated).map(({ group }) => group)).toEqual(["consul-sync", "consul-sync"]);
  expect(own(plan())).toEqual([]);
});

test("hosts ask for the region's health where core services listen", () => {
  const [{ port }] = coreServices({}).ports;
  const [program] = watch({ metrics: "", logs: "" }).files;
  expect(program.content.match(/127\.0\.0\.1:\d+/g)).toEqual([`127.0.0.1:${port}`]);
});
