/** Watching a running cluster: what its hosts tell CloudWatch, judged by the alarms' own definitions, as moto judges no alarm. */
import { defaultStack } from "../../local/cluster/paths";
import { eventually } from "./awsCli";
import { type Deployment, dayTwo, deployed, setting, type Updated } from "./deployment";
import { describeOnHosts } from "./support";

jest.setTimeout(4 * 60_000);

const NAMESPACE = `realm-cluster/${defaultStack}`;
const LOG_GROUP = `/realm-cluster/${defaultStack}`;
const PREFIX = `realm-cluster-${defaultStack}-`;

interface Metric {
  MetricName: string;
  Dimensions: { Name: string; Value: string }[];
}

interface Alarm extends Metric {
  AlarmName: string;
  Namespace: string;
  Statistic: string;
  Threshold: number;
  ComparisonOperator: "LessThanThreshold" | "GreaterThanOrEqualToThreshold";
  TreatMissingData: string;
}

describeOnHosts("a cluster that is watched", () => {
  let cluster: Deployment;
  let alarms: Alarm[];
  beforeAll(async () => {
    cluster = await deployed(dayTwo);
  }, 20 * 60_000);

  const names = () => cluster.outputs.hosts.map(({ name }) => name);
  const workers = () => names().filter((name) => name.startsWith("sync-"));
  const on = (hosts: string[], script: string) => Promise.all(hosts.map((host) => cluster.exec(host, script)));
  const kinds = ({ changes }: Updated) => [...new Set(changes.map(({ op, type }) => `${op} ${type.split(":").pop()}`))];
  const nameOf = ({ MetricName, Dimensions }: Metric) =>
    [MetricName, ...Dimensions.map(({ Name, Value }) => `${Name}=${Value}`)].join(" ");

  /** What each alarm on the hosts' metrics makes of figures that all hosts put now, as if they did for as long as it takes. */
  async function ringing(): Promise<string[]> {
    // CloudWatch's times have no fractions of a second.
    await new Promise((resolve) => setTimeout(resolve, 1000 - (Date.now() % 1000)));
    const since = new Date();
    await on(names(), "systemctl start watch.service");
    const queries = alarms.map((alarm, index) => {
      const Metric = { Namespace: alarm.Namespace, MetricName: alarm.MetricName, Dimensions: alarm.Dimensions };
      return { Id: `m${index}`, MetricStat: { Metric, Period: 3600, Stat: alarm.Statistic } };
    });
    const { MetricDataResults: results } = await cluster.aws<{ MetricDataResults: { Id: string; Values: number[] }[] }>(
      "cloudwatch get-metric-data --start-time",
      since.toISOString(),
      "--end-time",
      new Date(Date.now() + 60_000).toISOString(),
      "--metric-data-queries",
      JSON.stringify(queries),
    );
    const isPast = (alarm: Alarm, index: number) => {
      const value = results.find(({ Id }) => Id === `m${index}`)?.Values[0];
      if (value === undefined) return alarm.TreatMissingData === "breaching";
      return alarm.ComparisonOperator === "LessThanThreshold" ? value < alarm.Threshold : value >= alarm.Threshold;
    };
    return alarms
      .filter(isPast)
      .map(({ AlarmName }) => AlarmName.slice(PREFIX.length))
      .sort();
  }

  const untilOnly = (expected: string[], seconds: number) =>
    eventually(ringing, (now) => JSON.stringify(now) === JSON.stringify(expected), seconds);

  test("is watched without a host being replaced, and a second update changes nothing", async () => {
    const change = setting("watching", { enabled: true, notify: ["on-call@example.com"] });
    const began = Date.now();
    const updated = await cluster.up(change);
    console.info(`watched after ${((Date.now() - began) / 1000).toFixed(1)} s, by ${updated.changes.length} changes`);
    expect(updated).toMatchObject({ ok: true });
    const made = ["Command", "Dashboard", "LogGroup", "MetricAlarm", "Topic", "TopicSubscription", "Watching"];
    expect(kinds(updated).sort()).toEqual([...made.map((type) => `create ${type}`), "update RolePolicy"].sort());
    expect((await cluster.up(change)).changes).toEqual([]);
    const found = await cluster.aws<{ MetricAlarms: Alarm[] }>(
      "cloudwatch describe-alarms --alarm-name-prefix",
      PREFIX,
    );
    alarms = found.MetricAlarms.filter(({ Namespace }) => Namespace === NAMESPACE);
    expect(alarms).toHaveLength(6 + 2 * names().length);
  });

  test("has figures for each alarm, by exactly its metric's dimensions, and none goes off", async () => {
    expect(await ringing()).toEqual([]);
    const { Metrics } = await cluster.aws<{ Metrics: Metric[] }>("cloudwatch list-metrics --namespace", NAMESPACE);
    expect([...new Set(Metrics.map(nameOf))].sort()).toEqual([...new Set(alarms.map(nameOf))].sort());
  });

  test("tells every minute by itself", async () => {
    const last = "systemctl show --property LastTriggerUSec --value watch.timer";
    const before = await cluster.exec("consul-01", last);
    await eventually(
      () => cluster.exec("consul-01", last),
      (now) => now !== before,
      65,
    );
  });

  test("goes off for a Consul server that is away", async () => {
    await cluster.exec("consul-03", "systemctl stop consul");
    await untilOnly(["consul-leader", "consul-peers"], 40);
    await cluster.exec("consul-03", "systemctl start consul");
    await untilOnly([], 40);
  });

  test("goes off for a group without workers, and for the region that cannot work without it", async () => {
    await on(workers(), "systemctl stop sync-worker");
    await untilOnly(["group-default-master", "group-default-workers", "region"], 40);
    await on(workers(), "systemctl start --no-block sync-worker");
    await untilOnly([], 60);
  });

  test("goes off for a boot that failed, and for a disk that is filling", async () => {
    await cluster.exec(
      "core-services-02",
      "chmod -x /opt/realm-cluster/steps/start; systemctl restart realm-cluster-boot",
    );
    const room = "df --output=avail --block-size=1 /var/lib/realm-cluster | tail -n 1";
    await cluster.exec("sync-default-01", `fallocate -l $(($(${room}) * 9 / 10)) /var/lib/realm-cluster/filler`);
    await untilOnly(["core-services-02-boot", "sync-default-01-disk"], 40);
    await cluster.exec("sync-default-01", "rm /var/lib/realm-cluster/filler");
    await cluster.exec(
      "core-services-02",
      "chmod +x /opt/realm-cluster/steps/start; systemctl restart realm-cluster-boot",
    );
    await untilOnly([], 40);
  });

  test("has every line that its units logged, once, in a stream for each host", async () => {
    for (const host of names()) {
      const units = (await cluster.exec(host, ". /etc/realm-cluster/host.env && echo $UNITS")).split(" ");
      const asked = [...units, "realm-cluster-boot.service"].map((unit) => `--unit ${unit}`).join(" ");
      const journal = `journalctl --quiet --all --output json ${asked} --output-fields __REALTIME_TIMESTAMP`;
      const times = `${journal} | grep -o '"__REALTIME_TIMESTAMP" *: *"[0-9]*' | grep -o '[0-9]*$'`;
      const logged = (await cluster.exec(host, times)).split("\n").map((time) => Math.floor(Number(time) / 1000));
      await cluster.exec(host, "systemctl start watch.service");
      const { events } = await cluster.aws<{ events: { timestamp: number; message: string }[] }>(
        `logs filter-log-events --log-group-name ${LOG_GROUP} --log-stream-names ${host}`,
      );
      // What was logged since is there as well.
      const shipped = events.map(({ timestamp }) => timestamp).sort((a, b) => a - b);
      expect(shipped.slice(0, logged.length)).toEqual(logged.sort((a, b) => a - b));
      const told = new Set(events.map(({ message }) => (JSON.parse(message) as { unit: string }).unit));
      const services = units.filter((unit) => unit.endsWith(".service"));
      expect([...told]).toEqual(expect.arrayContaining([...services, "realm-cluster-boot.service"]));
    }
  });

  test("has hosts that may not tell of another cluster", async () => {
    const other = "set -a; . /etc/realm-cluster/host.env; METRICS=realm-cluster/other LOG_GROUP=/realm-cluster/other";
    // Without its cursor there is something to ship.
    const cursor = "/var/lib/realm-watch/cursor";
    const script = `mv ${cursor} /run; (${other}; /opt/realm-cluster/watch); ended=$?; mv /run/cursor ${cursor}; exit $ended`;
    await expect(cluster.exec("core-services-01", script)).rejects.toThrow(
      /PutMetricData failed: HTTP 400 AccessDeniedException[^]*PutLogEvents failed: HTTP 400 AccessDenied/,
    );
  });

  test("lets those scrape the workers' metrics who are named, and nobody else", async () => {
    const consul01 = cluster.outputs.hosts.find(({ name }) => name === "consul-01")!;
    const worker = cluster.outputs.hosts.find(({ name }) => name === "sync-default-01")!;
    const scrape = `curl --silent --max-time 3 http://${worker.address}:9080/metrics | grep -c '^# TYPE' || true`;
    // The hosts that scrape here are the cluster's own, which have no business there: they are let out for as long as it takes.
    const { NetworkInterfaces } = await cluster.aws<{ NetworkInterfaces: { Groups: { GroupId: string }[] }[] }>(
      "ec2 describe-network-interfaces --filters",
      `Name=addresses.private-ip-address,Values=${consul01.address}`,
    );
    const [{ GroupId }] = NetworkInterfaces[0].Groups;
    const outward = ["--group-id", GroupId, "--cidr", `${worker.address}/32`];
    await cluster.aws("ec2 authorize-security-group-egress --protocol tcp --port 9080", ...outward);
    try {
      expect(await on(["consul-01", "consul-02"], scrape)).toEqual(["0", "0"]);
      const change = setting("watching", { enabled: true, metricsCidrs: [`${consul01.address}/32`] });
      const updated = await cluster.up(change);
      expect(updated).toMatchObject({ ok: true });
      expect(kinds(updated).filter((kind) => !kind.endsWith("TopicSubscription"))).toEqual([
        "create SecurityGroupIngressRule",
      ]);
      await eventually(
        () => on(["consul-01", "consul-02"], scrape),
        ([named, other]) => Number(named) > 0 && other === "0",
        10,
      );
    } finally {
      await cluster.aws("ec2 revoke-security-group-egress --protocol tcp --port 9080", ...outward);
    }
  });

  test("is left alone again, and its hosts tell nothing more", async () => {
    const updated = await cluster.up();
    expect(updated).toMatchObject({ ok: true });
    expect(
      kinds(updated)
        .filter((kind) => !kind.startsWith("delete"))
        .sort(),
    ).toEqual(["update RolePolicy"]);
    const left =
      "systemctl list-unit-files 'watch.*' --no-legend; ls /opt/realm-cluster/watch /etc/realm-cluster/watch.env 2>/dev/null || true";
    expect((await on(names(), left)).join("")).toBe("");
  });
});
