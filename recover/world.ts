import { EC2 } from "@aws-sdk/client-ec2";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { Route53 } from "@aws-sdk/client-route-53";
import { ATTEMPTS, type Reach, explained } from "../gates/aws";
import type { State } from "./state";

/** What is asked. */
export interface World {
  ec2: EC2;
  elb: ElasticLoadBalancingV2;
  route53: Route53;
  /** The account and place that ARNs name: `arn("sns", "topic")`. */
  arn(service: string, resource: string): string;
  /** When the stack's last update that ended well was over; what is older was not made by one that was interrupted since. */
  since(): Promise<Date | undefined>;
}

/**
 * AWS as the stack's own provider reaches it, with the credentials of the environment.
 *
 * @param reach what is otherwise
 * @param since when the stack's last update that ended well was over
 */
export function worldOf({ deployment }: State, reach: Reach | undefined, since: World["since"]): World {
  const resources = deployment.resources ?? [];
  const { region, profile } = (resources.find(({ type }) => type === "pulumi:providers:aws")?.inputs ?? {}) as {
    region?: string;
    profile?: string;
  };
  const config = { maxAttempts: ATTEMPTS, ...(region && { region }), ...(profile && { profile }), ...reach };
  return {
    ec2: explained("ec2", new EC2(config)),
    elb: explained("elasticloadbalancing", new ElasticLoadBalancingV2(config)),
    route53: explained("route53", new Route53(config)),
    arn(service, resource) {
      const arns = resources.map(({ outputs }) => /^(arn:[^:]+):[^:]+:([^:]+:\d+):/.exec(String(outputs?.arn)));
      const [, partition, place] = arns.find((found) => found) ?? [];
      if (!place) throw new Error("the state has nothing that tells the account");
      return `${partition}:${service}:${place}:${resource}`;
    },
    since,
  };
}
