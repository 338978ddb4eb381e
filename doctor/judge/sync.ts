import type { ConsulProbe, HostFacts } from "../facts";
import { groupBy, probed } from "./probed";
import { type Finding, type Kind, type Verdict, count, list } from "./verdict";

/** What every group needs to survive the loss of a worker. */
const WORKERS = 2;

/** Exactly one Realm directory; one master and enough workers for each group. */
export function judgeSync(hosts: HostFacts[], consul: ConsulProbe): Verdict[] {
  const expected = groupBy(
    probed(hosts).filter(({ probe }) => probe.label !== null),
    ({ probe }) => probe.label ?? "",
  );
  const workers = consul.services.filter(({ service, failing }) => service === "sync" && failing.length === 0);
  const labels = new Set([...expected.keys(), ...workers.flatMap(({ tags }) => valueOf(tags, "label") ?? [])]);
  const someSilent = hosts.some(({ probe, services }) => !probe.ok && services.includes("sync-worker"));
  return [
    judgeDirectory(hosts, consul),
    ...[...labels].sort().map((label) => {
      const members = workers.filter(({ tags }) => valueOf(tags, "label") === label);
      const masters = members.filter(({ tags }) => valueOf(tags, "role") === "master").map(({ host }) => host);
      // A group of one worker is one that was asked for by name.
      const isSingle = expected.get(label)?.length === 1 && !someSilent;
      return judgeGroup(label, members.length, masters, isSingle ? 1 : WORKERS);
    }),
  ];
}

/** Tags are `role=master`, `label=default` ... */
function valueOf(tags: string[], key: string): string | undefined {
  return tags.find((tag) => tag.startsWith(`${key}=`))?.slice(key.length + 1);
}

function judgeDirectory(hosts: HostFacts[], { services }: ConsulProbe): Verdict {
  const registered = services.filter(({ service, failing }) => service === "realms" && failing.length === 0);
  const running = probed(hosts).filter(({ probe }) => probe.directoryRuns);
  const where = new Set([...registered.map(({ host }) => host), ...running.map(({ host }) => host.name)]);
  const check = "Realm directory";
  const found = list([...where]);
  if (where.size > 1) {
    const finding: Finding = {
      kind: "directory-double",
      where: found,
      what: `There are ${where.size} Realm directories, not one.`,
      why: "Two directories may put one Realm on two workers, and its clients then write to both.",
      action: "Stop realm-directory.service on all of these hosts but one, and see its journal on the others.",
    };
    return { check, found, findings: [finding] };
  }
  if (registered.length === 1) return { check, found, findings: [] };
  const finding: Finding = {
    kind: "directory-missing",
    where: "core services",
    what: "No Realm directory is registered with passing checks.",
    why: "No client can open a Realm that it has not opened before.",
    action: "See journalctl -u realm-directory on the core services hosts: one of them has to hold the lock.",
  };
  return { check, found: "none", findings: [finding] };
}

function judgeGroup(label: string, workers: number, masters: string[], needed: number): Verdict {
  const wrong = (kind: Kind, what: string, why: string, action: string): Finding => {
    return { kind, where: `group ${label}`, what, why, action };
  };
  const findings: Finding[] = [];
  const journal = "See journalctl -u sync-worker on the group's hosts.";
  if (masters.length === 0) {
    const why = "The Realms of this group cannot be opened.";
    findings.push(wrong("group-without-master", "It has no master with passing checks.", why, journal));
  }
  if (masters.length > 1) {
    const what = `It has ${masters.length} masters: ${list(masters)}.`;
    const why = "Clients of one Realm may write to different workers.";
    findings.push(wrong("group-masters", what, why, `Restart sync-worker.service on all of them but one. ${journal}`));
  }
  if (workers < needed) {
    const what = `It has ${count(workers, "worker")} with passing checks, not ${needed} or more.`;
    const why = "The loss of one more worker loses what clients have written, or stops the group.";
    findings.push(wrong("group-workers", what, why, journal));
  }
  const found = `master ${list(masters)}, ${count(workers, "worker")}`;
  return { check: `Sync group ${label}`, found, findings };
}
