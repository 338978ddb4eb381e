import { examine } from "../../doctor";
import { judge } from "../../doctor/judge";
import { KINDS } from "../../doctor/judge/verdict";
import { renderReport, reportOf } from "../../doctor/report";
import { type Cluster, healthy } from "./doctorFacts";

/** What is found of a cluster that was broken: each finding's kind and place. */
function diagnose(breakIt: (cluster: Cluster) => void): string[] {
  const cluster = healthy();
  breakIt(cluster);
  const findings = judge(cluster.facts).flatMap((verdict) => verdict.findings);
  return findings.map(({ kind, where }) => `${kind} ${where}`);
}

const failed = (reason: string) => ({ ok: false as const, reason });
const reportOfHost = (cluster: Cluster, name: string) => {
  const { report } = cluster.hostOf(name);
  if (!report.ok || !report.value) throw new Error("the fixture has a report");
  return report.value;
};
const allKeys = (cluster: Cluster) => cluster.facts.hosts.map(({ name }) => cluster.probe(name).secrets[0]);

/** How a cluster is broken, and all that is to be found. */
const broken: [string, (cluster: Cluster) => void, string[]][] = [
  ["a host that does not answer", (c) => (c.hostOf("consul-02").probe = failed("gone")), ["host-silent consul-02"]],
  [
    "a report that cannot be read",
    (c) => (c.hostOf("consul-01").report = failed("ParameterNotFound")),
    ["boot-not-ready consul-01"],
  ],
  ["no report", (c) => (c.hostOf("consul-01").report = { ok: true, value: undefined }), ["boot-not-ready consul-01"]],
  [
    "a report of an earlier instance",
    (c) => (reportOfHost(c, "consul-01").instanceId = "i-old"),
    ["boot-not-ready consul-01"],
  ],
  ["a boot that failed", (c) => (reportOfHost(c, "consul-01").state = "failed"), ["boot-not-ready consul-01"]],
  ["a boot that goes on", (c) => (reportOfHost(c, "consul-01").state = "booting"), ["boot-not-ready consul-01"]],
  ["a boot since the report", (c) => (c.probe("consul-01").bootId = "later"), ["boot-not-ready consul-01"]],
  [
    "a unit that does not run, whose check fails with it",
    (c) => {
      Object.assign(c.probe("sync-default-02").units[1], { active: "inactive", sub: "dead" });
      c.probe("sync-default-02").checks[1].ready = false;
      c.consul.services = c.consul.services.filter(({ host }) => host !== "sync-default-02");
    },
    ["unit-down sync-default-02"],
  ],
  [
    "a unit that restarts again and again",
    (c) => (c.probe("consul-01").units[0].restarts = [1, 2, 3].map((n) => 1_800_000_000 - n)),
    ["unit-restarting consul-01"],
  ],
  [
    "a service that is not ready",
    (c) => (c.probe("core-services-02").checks[1].ready = false),
    ["service-not-ready core-services-02"],
  ],
  [
    "a registration that fails",
    (c) => (c.consul.services[4].failing = ["HTTP: refused"]),
    ["service-failing core-services-01"],
  ],
  ["no Consul agent at all", (c) => (c.facts.consul = failed("refused")), ["consul-silent Consul"]],
  ["a member that failed", (c) => (c.consul.members[7].status = "failed"), ["consul-member core-services-02"]],
  [
    "a member that is leaving for ever",
    (c) => (c.consul.members[7].status = "leaving"),
    ["consul-member core-services-02"],
  ],
  ["a host that Consul does not know", (c) => c.consul.members.splice(7), ["consul-member core-services-02"]],
  [
    "a member that is none of ours",
    (c) => c.consul.members.push({ ...c.consul.members[7], name: "guest" }),
    ["consul-stranger guest"],
  ],
  ["no leader", (c) => (c.consul.leader = ""), ["consul-leader Consul"]],
  [
    "an agent that takes another for the leader",
    (c) => (c.probe("consul-03").consulLeader = "10.20.0.12:8300"),
    ["consul-leader-elsewhere consul-03"],
  ],
  [
    "an agent that does not answer",
    (c) => (c.probe("consul-03").consulLeader = null),
    ["consul-leader-elsewhere consul-03"],
  ],
  ["a server that raft does not count", (c) => c.consul.peers.splice(2), ["consul-peer consul-03"]],
  ["a server without a vote", (c) => (c.consul.peers[2].voter = false), ["consul-peer consul-03"]],
  ["a server that autopilot gave up", (c) => (c.consul.peers[2].healthy = false), ["consul-peer consul-03"]],
  [
    "a server that was removed and is still counted",
    (c) => c.consul.peers.push({ ...c.consul.peers[2], name: "consul-04" }),
    ["consul-peer consul-04"],
  ],
  [
    "two directories registered",
    (c) => c.consul.services.push({ ...c.consul.services[3], host: "core-services-02" }),
    ["directory-double core-services-01, core-services-02"],
  ],
  [
    "a second directory that Consul does not know",
    (c) => (c.probe("core-services-02").directoryRuns = true),
    ["directory-double core-services-01, core-services-02"],
  ],
  ["no directory", (c) => c.consul.services.splice(3, 1), ["directory-missing core services"]],
  [
    "a group without a master",
    (c) => (c.consul.services[0].tags = ["label=default", "role=slave"]),
    ["group-without-master group default"],
  ],
  [
    "a group with two masters",
    (c) => (c.consul.services[1].tags = c.consul.services[0].tags),
    ["group-masters group default"],
  ],
  ["a group with one worker left", (c) => c.consul.services.splice(1, 2), ["group-workers group default"]],
  [
    "a group that nobody registered for",
    (c) => c.consul.services.splice(0, 3),
    ["group-without-master group default", "group-workers group default"],
  ],
  [
    "a Consul certificate that ends soon",
    (c) => (c.probe("consul-02").certificateEnds! -= 71 * 86_400),
    ["consul-certificate consul-02"],
  ],
  [
    "a Consul agent without a certificate",
    (c) => (c.probe("consul-02").certificateEnds = null),
    ["consul-certificate consul-02"],
  ],
  ["secrets that cannot be read", (c) => (c.probe("consul-01").error = "denied"), ["secrets-unreadable consul-01"]],
  [
    "a key that SSM does not hold",
    (c) => Object.assign(c.probe("consul-02").secrets[0], { fingerprint: "cccc", current: false }),
    ["key-differs consul-02"],
  ],
  [
    "a key that most do not have, with SSM out of reach",
    (c) => {
      for (const key of allKeys(c)) key.current = null;
      c.probe("consul-02").secrets[0].fingerprint = "cccc";
    },
    ["key-differs consul-02"],
  ],
  [
    "a secret without a fingerprint that SSM does not hold",
    (c) => (c.probe("consul-02").secrets[2].current = false),
    ["key-differs consul-02"],
  ],
  [
    "a unit that runs with an old key",
    (c) => (c.probe("consul-02").secrets[0].staleUnits = ["consul.service"]),
    ["key-stale consul-02"],
  ],
  ["two versions", (c) => (c.probe("sync-default-01").versions.Node = "8.16.0"), ["versions-mixed Node"]],
  [
    "a version that is installed and does not run",
    (c) => (c.consul.members[1].version = "1.19.2"),
    ["version-not-running consul-02"],
  ],
  ["a disk that fills", (c) => (c.probe("consul-01").disks[0].used = 0.9), ["disk-filling consul-01"]],
  ["inodes that run out", (c) => (c.probe("consul-01").disks[0].inodesUsed = 0.9), ["disk-filling consul-01"]],
  ["a data volume that is not mounted", (c) => (c.probe("consul-01").mounted = false), ["data-volume consul-01"]],
  ["a clock that is ahead", (c) => (c.probe("consul-01").time += 10), ["clock-off consul-01"]],
  ["a clock that is behind", (c) => (c.probe("consul-01").time -= 10), ["clock-off consul-01"]],
  ["a cluster that is not healthy", (c) => (c.loadBalancer.health = "it answered 503"), ["health load balancer"]],
  ["no core services", (c) => (c.loadBalancer.thisInstance = "it answered 503"), ["health load balancer"]],
  ["targets that cannot be read", (c) => (c.loadBalancer.targets = failed("denied")), ["target load balancer"]],
  [
    "a target that is not registered",
    (c) => (c.hostOf("core-services-01").instanceId = "i-new"),
    ["boot-not-ready core-services-01", "target core-services-01"],
  ],
  [
    "a target that is unhealthy",
    (c) => c.loadBalancer.targets.ok && (c.loadBalancer.targets.value[1].state = "unhealthy"),
    ["target core-services-02"],
  ],
  ["no certificate", (c) => (c.loadBalancer.certificate = failed("refused")), ["certificate load balancer"]],
  [
    "a certificate that ends soon",
    (c) => (c.facts.at = new Date(c.facts.at.getTime() + 31 * 86_400_000)),
    ["certificate load balancer"],
  ],
  [
    "a certificate of another name",
    (c) => {
      const { certificate } = c.loadBalancer;
      if (certificate?.ok) certificate.value.distrusted = "ERR_TLS_CERT_ALTNAME_INVALID";
    },
    ["certificate load balancer"],
  ],
];

describe("the doctor", () => {
  test("finds nothing wrong with a healthy cluster", () => {
    expect(diagnose(() => {})).toEqual([]);
  });

  test.each(broken)("finds %s", (_what, breakIt, expected) => {
    expect(diagnose(breakIt)).toEqual(expected);
  });

  test("can find each kind of thing that it names", () => {
    const found = broken.flatMap(([, , findings]) => findings.map((finding) => finding.split(" ")[0]));
    expect([...new Set(found)].sort()).toEqual([...KINDS].sort());
  });

  test.each<[string, (cluster: Cluster) => void]>([
    [
      "a worker that left",
      (c) => (c.consul.members = [...c.consul.members, { ...c.consul.members[7], name: "old", status: "left" }]),
    ],
    ["restarts before the host was ready", (c) => (c.probe("consul-01").units[0].restarts = [1, 2, 3])],
    [
      "a group of one that was asked for",
      (c) => {
        for (const name of ["sync-default-02", "sync-default-03"]) c.probe(name).label = null;
        c.consul.services.splice(1, 2);
      },
    ],
    ["an HTTP load balancer", (c) => (c.loadBalancer.certificate = undefined)],
  ])("is content with %s", (_what, change) => {
    expect(diagnose(change)).toEqual([]);
  });

  test("says of a member that is leaving for ever how it is seen alive again", () => {
    const { facts, consul } = healthy();
    consul.members[7].status = "leaving";
    const actions = judge(facts).flatMap(({ findings }) => findings.map(({ action }) => action));
    expect(actions).toEqual([
      expect.stringContaining("force-leave -token-file=/etc/realm-cluster/secrets/consul-management core-services-02"),
    ]);
  });

  test("takes services of a member that failed for what they are: gone with it", () => {
    const found = diagnose((c) => {
      c.consul.members[6].status = "failed";
      c.consul.services[4].failing = ["serfHealth: Agent not live or unreachable"];
    });
    expect(found).toEqual(["consul-member core-services-01"]);
  });
});

describe("its report", () => {
  const report = (breakIt: (cluster: Cluster) => void = () => {}) => {
    const { facts, ...cluster } = healthy();
    breakIt({ facts, ...cluster });
    return reportOf(facts, judge(facts));
  };

  test("is a table, and what is wrong with why and what to do", () => {
    expect(renderReport(report())).toMatch(/The cluster prod is healthy\.$/);
    const text = renderReport(report((c) => (c.consul.leader = "")));
    expect(text).toMatch(/Consul leader +│ none +│ WRONG/);
    expect(text).toMatch(
      /NOT healthy:\n\nConsul: There is no leader\.\n {2}why {3}Nothing can be .*\n {2}do {4}Bring back /,
    );
  });

  test.each([
    [false, "The cluster could not be asked: no stack"],
    [true, '{"error":"no stack"}'],
  ])("says, as JSON %s, that a cluster could not be asked", async (json, text) => {
    const find = () => Promise.reject(new Error("no stack"));
    expect(await examine(find, json)).toEqual({ text, exitCode: 2 });
  });

  test("is none where no host answers", () => {
    const silence = (c: Cluster) => c.facts.hosts.forEach((host) => (host.probe = failed("ExpiredToken")));
    expect(() => report(silence)).toThrow("no host of the stack prod answers: ExpiredToken");
  });
});
