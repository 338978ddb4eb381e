import { type HostPlan, type HostsPlan, allHosts } from "./hosts";

/** Something that AWS names when it is made: the instance of a host, the load balancer, its target group. */
export type Made = { instanceOf: string } | "loadBalancer" | "targetGroup";

/** A metric of CloudWatch. One with other dimensions is another metric. */
export interface Metric {
  namespace: string;
  name: string;
  dimensions: Record<string, string | Made>;
}

/** One alarm. */
export interface AlarmPlan {
  /** Unique in the cluster. */
  name: string;
  /** The host that it is about; it is about the cluster without. */
  host?: string;
  /** What has happened, what it means, and where to look: the message has it. */
  description: string;
  /** The graph on the dashboard that shows its metric. */
  graph: string;
  metric: Metric;
  statistic: "Minimum" | "Maximum" | "Sum";
  /** It goes off when the statistic of each of the last minutes is below this, or not below it. */
  when: { below: number } | { atLeast: number };
  minutes: number;
  /** What a minute without any figure counts as: `bad` where hosts have to report. */
  silence: "bad" | "good" | "unknown";
  /** What EC2 does to the host's instance. */
  cure?: "recover" | "reboot";
}

/** Something has stopped working: told within minutes, though not while a master, leader or directory moves. */
const OUTAGE_MINUTES = 3;
/** Works, with one less: told if it lasts longer than the replacement of a host does. */
const RISK_MINUTES = 10;
/** AWS's advice, so that a reboot and a recovery do not meet. */
const RECOVER_MINUTES = 2;
const REBOOT_MINUTES = 3;

const DISK_PERCENT = 85;
/** Of 5xx answers by the load balancer itself in one minute. */
const REFUSALS = 10;
const WORKERS = 2;

/**
 * All alarms of a cluster, as values.
 *
 * @param namespace of the metrics that hosts put (userdata/files/watch)
 */
export function planAlarms(placed: HostsPlan, namespace: string): AlarmPlan[] {
  const own = (name: string, dimensions: Metric["dimensions"] = {}): Metric => ({ namespace, name, dimensions });
  const { consul, groups } = placed;
  return [
    ...clusterAlarms(consul.length, own),
    ...groups.flatMap(({ label, members }) => groupAlarms(label, members.length, own)),
    ...loadBalancerAlarms(),
    ...allHosts(placed).flatMap((host) => hostAlarms(host, own)),
  ];
}

type Own = (name: string, dimensions?: Metric["dimensions"]) => Metric;

const outage = { minutes: OUTAGE_MINUTES, silence: "bad" } as const;

function clusterAlarms(servers: number, own: Own): AlarmPlan[] {
  return [
    {
      name: "region",
      description:
        "The plain /health fails on every core node: clients cannot work, and the region may be failed over. The alarms beside this one tell why.",
      graph: "Region",
      metric: own("RegionHealthy"),
      statistic: "Maximum",
      when: { below: 1 },
      ...outage,
    },
    {
      name: "consul-leader",
      description:
        "A host sees no leader of Consul: its agent is down, it is cut off, or the servers have no quorum. Ask `npm run doctor`.",
      graph: "Consul",
      metric: own("ConsulLeader"),
      statistic: "Minimum",
      when: { below: 1 },
      ...outage,
    },
    {
      name: "consul-peers",
      description: `Fewer than ${servers} Consul servers are healthy voters. The loss of another one may end the quorum.`,
      graph: "Consul",
      metric: own("ConsulVoters"),
      statistic: "Maximum",
      when: { below: servers },
      minutes: RISK_MINUTES,
      silence: "bad",
    },
    {
      name: "realm-directory",
      description: "No realm directory is registered: realms that were not opened before cannot be.",
      graph: "Realm directory",
      metric: own("RealmDirectories"),
      statistic: "Maximum",
      when: { below: 1 },
      ...outage,
    },
  ];
}

function groupAlarms(label: string, workers: number, own: Own): AlarmPlan[] {
  const least = Math.min(workers, WORKERS);
  return [
    {
      name: `group-${label}-master`,
      description: `The sync worker group ${label} has no master: nobody can open its realms.`,
      graph: "Masters",
      metric: own("Masters", { Group: label }),
      statistic: "Maximum",
      when: { below: 1 },
      ...outage,
    },
    {
      name: `group-${label}-workers`,
      description: `The sync worker group ${label} has fewer than ${least} healthy workers: what is written is on one disk alone.`,
      graph: "Workers",
      metric: own("Workers", { Group: label }),
      statistic: "Maximum",
      when: { below: least },
      minutes: workers > least ? OUTAGE_MINUTES : RISK_MINUTES,
      silence: "bad",
    },
  ];
}

function loadBalancerAlarms(): AlarmPlan[] {
  const metric = (name: string, dimensions: Metric["dimensions"]): Metric => ({
    namespace: "AWS/ApplicationELB",
    name,
    dimensions,
  });
  const targets: Metric["dimensions"] = { LoadBalancer: "loadBalancer", TargetGroup: "targetGroup" };
  return [
    {
      name: "targets-healthy",
      description: "The load balancer has no healthy core node.",
      graph: "Core nodes",
      metric: metric("HealthyHostCount", targets),
      statistic: "Maximum",
      when: { below: 1 },
      ...outage,
    },
    {
      name: "targets-unhealthy",
      description: "The load balancer finds a core node unhealthy, and sends it no clients.",
      graph: "Core nodes",
      metric: metric("UnHealthyHostCount", targets),
      statistic: "Maximum",
      when: { atLeast: 1 },
      minutes: RISK_MINUTES,
      silence: "good",
    },
    {
      name: "load-balancer-errors",
      description: `The load balancer answers ${REFUSALS} requests a minute, or more, with an error of its own: core nodes do not take them.`,
      graph: "Errors",
      metric: metric("HTTPCode_ELB_5XX_Count", { LoadBalancer: "loadBalancer" }),
      statistic: "Sum",
      when: { atLeast: REFUSALS },
      minutes: OUTAGE_MINUTES,
      silence: "good",
    },
  ];
}

function hostAlarms({ name: host }: HostPlan, own: Own): AlarmPlan[] {
  const check = (
    of: "System" | "Instance",
  ): Pick<AlarmPlan, "graph" | "metric" | "statistic" | "when" | "silence"> => ({
    graph: "Status checks",
    metric: { namespace: "AWS/EC2", name: `StatusCheckFailed_${of}`, dimensions: { InstanceId: { instanceOf: host } } },
    statistic: "Maximum",
    when: { atLeast: 1 },
    silence: "unknown",
  });
  return [
    {
      name: `${host}-system`,
      host,
      description: `The hardware under ${host} fails. EC2 moves the instance to other hardware; address and disks stay.`,
      ...check("System"),
      minutes: RECOVER_MINUTES,
      cure: "recover",
    },
    {
      name: `${host}-instance`,
      host,
      description: `The operating system of ${host} does not answer. EC2 reboots it.`,
      ...check("Instance"),
      minutes: REBOOT_MINUTES,
      cure: "reboot",
    },
    {
      name: `${host}-boot`,
      host,
      description: `The last boot of ${host} failed, as its boot report tells, or nothing is heard of it.`,
      graph: "Failed boots",
      metric: own("BootFailed", { Host: host }),
      statistic: "Maximum",
      when: { atLeast: 1 },
      minutes: RISK_MINUTES,
      silence: "bad",
    },
    {
      name: `${host}-disk`,
      host,
      description: `A disk of ${host} is ${DISK_PERCENT} % full. Raise its volumeGiB: the file system grows with the volume at the host's next boot.`,
      graph: "Fullest disk, %",
      metric: own("DiskUsed", { Host: host }),
      statistic: "Maximum",
      when: { atLeast: DISK_PERCENT },
      minutes: OUTAGE_MINUTES,
      // The alarm on boots tells of a host that is silent.
      silence: "good",
    },
  ];
}
