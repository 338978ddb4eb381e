import type { HostFacts, LoadBalancerFacts } from "../facts";
import { type Finding, type Verdict, list } from "./verdict";

const CORE = "core-services";
/** ACM renews 60 days before the end: with less left than this, renewing has failed. */
const CERTIFICATE_DAYS = 30;
const DAY_MS = 86_400_000;

/** Both forms of `/health`, the targets, and the certificate. */
export function judgeLoadBalancer(hosts: HostFacts[], facts: LoadBalancerFacts, at: Date): Verdict[] {
  const certificate = facts.certificate ? [judgeCertificate(facts.certificate, at)] : [];
  return [judgeHealth(facts), judgeTargets(hosts, facts), ...certificate];
}

function judgeHealth({ url, health, thisInstance }: LoadBalancerFacts): Verdict {
  const forms = [
    {
      path: "/health?thisInstance=true",
      reason: thisInstance,
      why: "No core services process answers clients.",
      action: "See the targets below, and journalctl -u core-services on the core services hosts.",
    },
    {
      path: "/health",
      reason: health,
      why: "Some service of the cluster does not answer the core services: a group's clients may be cut off.",
      action: "See what is said of services and groups above.",
    },
  ];
  const findings = forms.flatMap(({ path, reason, why, action }): Finding[] => {
    if (reason === undefined) return [];
    return [{ kind: "health", where: "load balancer", what: `${url}${path}: ${reason}.`, why, action }];
  });
  const found = forms.map(({ path, reason }) => `${path} ${reason === undefined ? "200" : "fails"}`).join(", ");
  return { check: "Health", found, findings };
}

function judgeTargets(hosts: HostFacts[], { targets }: LoadBalancerFacts): Verdict {
  const check = "Targets";
  const wrong = (where: string, what: string): Finding => {
    const why = "The load balancer sends it no clients.";
    const action =
      "See journalctl -u core-services on it, and its security group; pulumi up registers what is missing.";
    return { kind: "target", where, what, why, action };
  };
  if (!targets.ok) {
    const finding = wrong("load balancer", `Its targets could not be asked for: ${targets.reason}.`);
    return { check, found: "unknown", findings: [finding] };
  }
  const core = hosts.filter(({ services }) => services.includes(CORE));
  const findings = core.flatMap(({ name, instanceId }): Finding[] => {
    const target = targets.value.find((candidate) => candidate.instanceId === instanceId);
    if (!target) return [wrong(name, "It is no target of the load balancer.")];
    return target.state === "healthy" ? [] : [wrong(name, `As a target it is ${target.state}: ${target.reason}.`)];
  });
  return { check, found: `${core.length - findings.length} of ${core.length} healthy`, findings };
}

function judgeCertificate(certificate: NonNullable<LoadBalancerFacts["certificate"]>, at: Date): Verdict {
  const wrong = (what: string): Finding => {
    const action = "See it in ACM: a certificate renews while its validation record is in DNS and it is in use.";
    return { kind: "certificate", where: "load balancer", what, why: "Clients refuse to connect.", action };
  };
  const check = "Certificate";
  if (!certificate.ok) return { check, found: "unknown", findings: [wrong(`There was none: ${certificate.reason}.`)] };
  const { validTo, distrusted } = certificate.value;
  const days = Math.floor((validTo.getTime() - at.getTime()) / DAY_MS);
  const findings = [
    ...(days < CERTIFICATE_DAYS ? [wrong(days < 0 ? "It has expired." : `It expires in ${days} days.`)] : []),
    ...(distrusted === undefined ? [] : [wrong(`It is not trusted: ${distrusted}.`)]),
  ];
  return { check, found: list([`until ${validTo.toISOString().slice(0, 10)}`]), findings };
}
