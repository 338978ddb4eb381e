import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { SSMClient, type SSMClientConfig } from "@aws-sdk/client-ssm";
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
  aws: Pick<SSMClientConfig, "region" | "endpoint" | "credentials">;
}

/** SSM takes a limited number of requests a second from an account: what is refused for that is asked again. */
const ATTEMPTS = 10;

/** Asks the cluster everything, all at once. What does not answer is part of the facts. */
export async function collect({ stack, outputs, aws }: Deployed): Promise<Facts> {
  const { studioUrl, loadBalancer, hosts } = outputs;
  const ssm = new SSMClient({ ...aws, maxAttempts: ATTEMPTS });
  const elb = new ElasticLoadBalancingV2Client(aws);
  const [hostFacts, consul, balancer] = await Promise.all([
    Promise.all(hosts.map((host) => collectHost(ssm, host))),
    collectConsul(ssm, hosts),
    collectLoadBalancer(elb, studioUrl, loadBalancer),
  ]);
  return { stack, at: new Date(), hosts: hostFacts, consul, loadBalancer: balancer };
}
