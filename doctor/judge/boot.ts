import { consoleCommand } from "../../gates/bootReport";
import type { HostFacts } from "../facts";
import { type Finding, type Verdict } from "./verdict";

/** Whether every host answers, and its instance has reported that it is ready. */
export function judgeBoot(hosts: HostFacts[]): Verdict[] {
  const silent = hosts.flatMap((host) => (host.probe.ok ? [] : [unheard(host, host.probe.reason)]));
  const unready = hosts.flatMap((host) => unreported(host) ?? []);
  return [
    { check: "Hosts", found: `${hosts.length - silent.length} of ${hosts.length} answer`, findings: silent },
    { check: "Boot reports", found: `${hosts.length - unready.length} of ${hosts.length} ready`, findings: unready },
  ];
}

function unheard({ name, instanceId }: HostFacts, reason: string): Finding {
  return {
    kind: "host-silent",
    where: name,
    what: `It did not answer: ${reason}.`,
    why: "Its services may be down, and nothing of it could be checked.",
    action: `Look at its console (${consoleCommand(instanceId)}), and at whether its SSM agent is online.`,
  };
}

function unreported({ name, instanceId, bootReport, report, probe }: HostFacts): Finding | undefined {
  const wrong = (what: string, action: string): Finding => {
    const why = "A host that has not reported ready has a service that does not work, or works with old settings.";
    return { kind: "boot-not-ready", where: name, what, why, action };
  };
  const read = `Read the report: aws ssm get-parameter --name ${bootReport}`;
  if (!report.ok) return wrong(`Its boot report could not be read: ${report.reason}.`, read);
  const told = report.value;
  if (!told) return wrong("It has never reported a boot.", "Look at its console; if it booted long ago, replace it.");
  if (told.instanceId !== instanceId) {
    return wrong(`The boot report is that of an earlier instance, ${told.instanceId}.`, "Look at its console.");
  }
  if (told.state === "failed") {
    const reason = told.reason ?? "it gave no reason";
    return wrong(`Its boot failed at ${told.step}: ${reason}`, "Mend the cause: the host tries again every 30 s.");
  }
  if (told.state === "booting") {
    return wrong(
      `It boots, and was in step ${told.step} at ${told.at}.`,
      "Wait, or see journalctl -u realm-cluster-boot.",
    );
  }
  if (probe.ok && probe.value.probe.bootId !== told.bootId) {
    return wrong("It has booted again since its last report.", "Wait, or see journalctl -u realm-cluster-boot on it.");
  }
  return undefined;
}
