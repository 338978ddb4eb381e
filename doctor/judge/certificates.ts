import type { HostFacts } from "../facts";
import { probed } from "./probed";
import { type Finding, type Verdict, list } from "./verdict";

/** With so many days left a certificate should have been renewed: the default is long before. */
const LEAST_DAYS = 30;
const DAY_SECONDS = 86400;

/** The certificates by which Consul's agents know each other. */
export function judgeCertificates(hosts: HostFacts[], at: Date): Verdict {
  const wrong = (where: string, what: string): Finding => {
    const why = "Without a valid one Consul's servers turn the host away.";
    const action = "Run pulumi up: it renews what is in its last consul.certificates.renewDays, host by host.";
    return { kind: "consul-certificate", where, what, why, action };
  };
  const answers = probed(hosts);
  const findings = answers.flatMap(({ host, probe: { certificateEnds } }): Finding[] => {
    if (certificateEnds === null) return [wrong(host.name, "Its Consul agent has no certificate.")];
    const days = Math.floor((certificateEnds - at.getTime() / 1000) / DAY_SECONDS);
    if (days >= LEAST_DAYS) return [];
    const ends = days < 0 ? "has expired" : `expires in ${days} days`;
    return [wrong(host.name, `The certificate of its Consul agent ${ends}.`)];
  });
  const ends = answers.flatMap(({ probe }) => probe.certificateEnds ?? []);
  const first = ends.length > 0 ? [`until ${new Date(Math.min(...ends) * 1000).toISOString().slice(0, 10)}`] : [];
  return { check: "Consul certificates", found: list(first), findings };
}
