import type { Asked, ConsulProbe, HostFacts, HostProbe } from "../facts";
import { probed } from "./probed";
import { type Finding, type Verdict, count } from "./verdict";

/** A unit that restarted by itself this often in ten minutes, after its host was ready, does not work. */
const RESTARTS = 3;

/** Units, the services' own readiness checks, and what Consul checks. */
export function judgeServices(hosts: HostFacts[], consul: Asked<ConsulProbe>): Verdict[] {
  const answers = probed(hosts);
  const units = answers.flatMap(({ probe }) => probe.units);
  const badUnits = answers.flatMap(({ host, probe }) => judgeUnits(host, probe));
  const checks = answers.flatMap(({ probe }) => probe.checks.filter((check) => runs(check, probe)));
  const unready = answers.flatMap(({ host, probe }) => judgeReadiness(host, probe));
  const verdicts = [
    { check: "Units", found: `${units.filter(isUp).length} of ${units.length} active`, findings: badUnits },
    {
      check: "Readiness checks",
      found: `${checks.filter(({ ready }) => ready).length} of ${checks.length} ready`,
      findings: unready,
    },
  ];
  return consul.ok ? [...verdicts, judgeRegistrations(consul.value)] : verdicts;
}

type Unit = HostProbe["units"][number];
const isUp = ({ active }: Unit) => active === "active";

function judgeUnits(host: HostFacts, { units }: HostProbe): Finding[] {
  const readyAt = host.report.ok && host.report.value ? Date.parse(host.report.value.at) / 1000 : 0;
  return units.flatMap((unit): Finding[] => {
    const restarts = unit.restarts.filter((time) => time > readyAt).length;
    const action = `See journalctl -u ${unit.name} on it.`;
    if (!isUp(unit)) {
      const what = `${unit.name} is ${unit.active} (${unit.sub}).`;
      const start = ["dead", "failed"].includes(unit.sub)
        ? ` Unless it was stopped on purpose: systemctl start ${unit.name}`
        : "";
      return [{ kind: "unit-down", where: host.name, what, why: "Its service does not run.", action: action + start }];
    }
    if (restarts < RESTARTS) return [];
    const what = `${unit.name} ended and was started again ${restarts} times in the last ten minutes.`;
    return [{ kind: "unit-restarting", where: host.name, what, why: "Its service fails again and again.", action }];
  });
}

/** Whether the check's unit runs; where it does not, that is what is told. */
const runs = ({ unit }: HostProbe["checks"][number], { units }: HostProbe) =>
  units.some((candidate) => candidate.name === unit && isUp(candidate));

function judgeReadiness(host: HostFacts, probe: HostProbe): Finding[] {
  return probe.checks
    .filter((check) => !check.ready && runs(check, probe))
    .map(({ name, unit, reason }) => ({
      kind: "service-not-ready" as const,
      where: host.name,
      what: `${name} is not ready: ${reason || "its check gave no reason"}.`,
      why: "It is what the host's boot waits for: the service does not do its work.",
      action: `See journalctl -u ${unit} on it.`,
    }));
}

function judgeRegistrations({ services, members }: ConsulProbe): Verdict {
  const failing = services.filter((entry) => entry.failing.length > 0);
  const gone = new Set(members.filter(({ status }) => status !== "alive").map(({ name }) => name));
  const findings = failing
    // All that is on a host fails with it, which is told as the host's own.
    .filter(({ host }) => !gone.has(host))
    .map((entry): Finding => ({
      kind: "service-failing",
      where: entry.host,
      what: `${entry.service} does not pass its checks: ${entry.failing.join("; ")}`,
      why: "Other services are not led to it.",
      action:
        "See the journal of the unit that registers it; a registration that nobody owns goes with its host's consul.service.",
    }));
  return {
    check: "Services in Consul",
    found: `${services.length - failing.length} of ${count(services.length, "registration")} passing`,
    findings,
  };
}
