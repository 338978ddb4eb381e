import type { Facts } from "../facts";
import { judgeBoot } from "./boot";
import { judgeCertificates } from "./certificates";
import { judgeConsul } from "./consul";
import { judgeKeys } from "./keys";
import { judgeLoadBalancer } from "./loadBalancer";
import { judgeMachines } from "./machines";
import { judgeServices } from "./services";
import { judgeSync } from "./sync";
import type { Verdict } from "./verdict";

/** Judges what was asked, causes before what follows from them. Pure: the same facts give the same verdicts. */
export function judge({ hosts, consul, loadBalancer, at }: Facts): Verdict[] {
  return [
    ...judgeBoot(hosts),
    ...judgeServices(hosts, consul),
    ...judgeConsul(hosts, consul),
    ...(consul.ok ? judgeSync(hosts, consul.value) : []),
    judgeKeys(hosts),
    judgeCertificates(hosts, at),
    ...judgeMachines(hosts, consul),
    ...judgeLoadBalancer(hosts, loadBalancer, at),
  ];
}
