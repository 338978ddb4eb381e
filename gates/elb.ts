import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { ATTEMPTS, type Reach, explained } from "./aws";

export const elbClient = (reach: Reach = {}) =>
  explained("elasticloadbalancing", new ElasticLoadBalancingV2Client({ maxAttempts: ATTEMPTS, ...reach }));
