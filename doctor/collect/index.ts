import type { Reach } from "../../gates/aws";
import { elbClient } from "../../gates/elb";
import { ssmClient } from "../../gates/ssm";
import type { Facts, HostAddress } from "../facts";
import { collectConsul, collectHost } from "./hosts";
import { collectLoadBalancer } from "./loadBalancer";

/** A deployed cluster. */
export interface Deployed {
  /** The stack's name. */
  stack: string;
  /** The stack's outputs, those that are asked with. */
  outputs: { studioUrl: string; loadBalancer: string; hosts: HostAddress[] };
  /** How AWS is reached, where that differs from what the environment says. */
  aws: Reach;
}

/** Asks the cluster everything, all at once. What does not answer is part of the facts. */
export async function collect({ stack, outputs, aws }: Deployed): Promise<Facts> {
  const { studioUrl, loadBalancer, hosts } = outputs;
  const ssm = ssmClient(aws);
  const elb = elbClient(aws);
  const [hostFacts, consul, balancer] = await Promise.all([
    Promise.all(hosts.map((host) => collectHost(ssm, host))),
    collectConsul(ssm, hosts),
    collectLoadBalancer(elb, studioUrl, loadBalancer),
  ]);
  return { stack, at: new Date(), hosts: hostFacts, consul, loadBalancer: balancer };
}
