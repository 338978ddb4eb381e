import type { Asked, ConsulProbe, HostFacts, HostProbe } from "../facts";
import { groupBy, probed } from "./probed";
import { type Finding, type Verdict, count, list } from "./verdict";

/** A disk that is fuller than this is told, of 1. */
const FULL = 0.85;
/** Clocks that differ by more make tokens invalid and logs misleading, in seconds. */
const CLOCK_SECONDS = 1;

/** Versions, disks and clocks. */
export function judgeMachines(hosts: HostFacts[], consul: Asked<ConsulProbe>): Verdict[] {
  return [judgeVersions(hosts, consul), judgeDisks(hosts), judgeClocks(hosts)];
}

function judgeVersions(hosts: HostFacts[], consul: Asked<ConsulProbe>): Verdict {
  const installed = probed(hosts).flatMap(({ host, probe }) =>
    Object.entries(probe.versions).map(([what, version]) => ({ host: host.name, what, version })),
  );
  const byPackage = groupBy(installed, ({ what }) => what);
  const mixed = [...byPackage].flatMap(([what, all]): Finding[] => {
    const versions = groupBy(all, ({ version }) => version);
    if (versions.size === 1) return [];
    const told = [...versions].map(([version, on]) => `${version} on ${list(on.map(({ host }) => host))}`);
    return [
      {
        kind: "versions-mixed",
        where: what,
        what: `Hosts have different versions: ${told.join("; ")}.`,
        why: "Mixed versions are meant for the time of an upgrade alone.",
        action: "Finish the upgrade: pulumi up.",
      },
    ];
  });
  const members = consul.ok ? consul.value.members : [];
  const outdated = installed.flatMap(({ host, what, version }): Finding[] => {
    const running = what === "Consul" ? members.find(({ name }) => name === host)?.version : undefined;
    if (running === undefined || running === version) return [];
    return [
      {
        kind: "version-not-running",
        where: host,
        what: `Consul ${version} is installed, and ${running} runs.`,
        why: "The upgrade has not taken effect.",
        action: "Restart it when all other servers are healthy: systemctl restart consul",
      },
    ];
  });
  const found = [...byPackage].map(([what, all]) => `${what} ${list([...new Set(all.map(({ version }) => version))])}`);
  return { check: "Versions", found: list(found), findings: [...mixed, ...outdated] };
}

function judgeDisks(hosts: HostFacts[]): Verdict {
  const disks = probed(hosts).flatMap(({ host, probe }) => probe.disks.map((disk) => ({ host: host.name, disk })));
  const full = disks.flatMap(({ host, disk }): Finding[] => {
    const { path, used, inodesUsed } = disk;
    if (Math.max(used, inodesUsed) < FULL) return [];
    const what =
      used < FULL ? `${path} has used ${percent(inodesUsed)} of its inodes.` : `${path} is ${percent(used)} full.`;
    const action =
      path === "/"
        ? "See what takes it: du -xh --max-depth=2 / | sort -h | tail"
        : "Enlarge the volume (volumeGiB in the stack's configuration); the host grows its file system at its next boot.";
    return [{ kind: "disk-filling", where: host, what, why: "Services on it fail when it is full.", action }];
  });
  const unmounted = probed(hosts).flatMap(({ host, probe }) => (isMounted(probe) ? [] : [noVolume(host)]));
  const fullest = disks.sort((a, b) => b.disk.used - a.disk.used)[0];
  const found = fullest ? `fullest ${percent(fullest.disk.used)} (${fullest.disk.path} of ${fullest.host})` : "none";
  return { check: "Disks", found, findings: [...unmounted, ...full] };
}

const isMounted = ({ stateful, mounted }: HostProbe) => !stateful || mounted;

function noVolume({ name }: HostFacts): Finding {
  return {
    kind: "data-volume",
    where: name,
    what: "Its data volume is not mounted on /var/lib/realm-cluster.",
    why: "What is written there now is on the root disk, and is lost with the instance.",
    action: "Stop its services, and reboot it: its boot mounts the volume, or says why it cannot.",
  };
}

/** A host told its time between two times of ours: what lies outside of these is wrong for certain. */
function judgeClocks(hosts: HostFacts[]): Verdict {
  const clocks = hosts.flatMap(({ name, probe }) => {
    if (!probe.ok) return [];
    const { asked, answered } = probe.value;
    const { time } = probe.value.probe;
    return [{ host: name, ahead: Math.max(0, time - answered), behind: Math.max(0, asked - time) }];
  });
  const findings = clocks
    .filter(({ ahead, behind }) => Math.max(ahead, behind) > CLOCK_SECONDS)
    .map(({ host, ahead, behind }): Finding => ({
      kind: "clock-off",
      where: host,
      what: `Its clock is ${Math.max(ahead, behind).toFixed(1)} s or more ${ahead > behind ? "ahead of" : "behind"} ours.`,
      why: "Tokens are taken for expired, AWS refuses signatures, and logs mislead.",
      action: "See whether this machine's clock is right; then timedatectl and the time service on the host.",
    }));
  const found = `${clocks.length - findings.length} of ${count(clocks.length, "clock")} right`;
  return { check: "Clocks", found, findings };
}

const percent = (share: number) => `${Math.round(share * 100)} %`;
