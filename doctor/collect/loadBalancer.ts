import { connect } from "node:tls";
import {
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  type TargetHealthDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { ask } from "../../gates/health";
import type { CertificateFacts, LoadBalancerFacts, TargetFacts } from "../facts";
import { attempt } from "./asked";

const CONNECT_MS = 10_000;

/**
 * Asks the load balancer as clients do, and AWS what it thinks of the targets.
 *
 * @param studioUrl where clients connect
 * @param dnsName the load balancer's own name, which is there before any record that leads to it
 */
export async function collectLoadBalancer(
  elb: ElasticLoadBalancingV2Client,
  studioUrl: string,
  dnsName: string,
): Promise<LoadBalancerFacts> {
  const client = new URL(studioUrl);
  const secure = client.protocol === "https:";
  const health = async (path: string) => {
    const answer = await ask(new URL(`${client.protocol}//${dnsName}${path}`), secure ? client.hostname : undefined);
    return answer.ok ? undefined : answer.reason;
  };
  const [plain, thisInstance, targets, certificate] = await Promise.all([
    health("/health"),
    health("/health?thisInstance=true"),
    attempt(() => describeTargets(elb, dnsName)),
    secure ? attempt(() => readCertificate(dnsName, client.hostname)) : undefined,
  ]);
  return { url: studioUrl, health: plain, thisInstance, targets, certificate };
}

async function describeTargets(elb: ElasticLoadBalancingV2Client, dnsName: string): Promise<TargetFacts[]> {
  const { LoadBalancers = [] } = await elb.send(new DescribeLoadBalancersCommand({}));
  const arn = LoadBalancers.find(({ DNSName }) => DNSName?.toLowerCase() === dnsName.toLowerCase())?.LoadBalancerArn;
  if (!arn) throw new Error(`there is no load balancer ${dnsName}`);
  const { TargetGroups = [] } = await elb.send(new DescribeTargetGroupsCommand({ LoadBalancerArn: arn }));
  const health = await Promise.all(
    TargetGroups.map(({ TargetGroupArn }) => elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }))),
  );
  return health.flatMap(({ TargetHealthDescriptions = [] }) => TargetHealthDescriptions.map(describeTarget));
}

function describeTarget({ Target, TargetHealth }: TargetHealthDescription): TargetFacts {
  const { State = "unknown", Reason, Description } = TargetHealth ?? {};
  return { instanceId: Target?.Id ?? "", state: State, reason: Description ?? Reason ?? "no reason was given" };
}

/** The certificate is read also when it is not trusted: then it is what has to be known. */
function readCertificate(host: string, servername: string): Promise<CertificateFacts> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: 443, servername, rejectUnauthorized: false, timeout: CONNECT_MS });
    socket.once("timeout", () => socket.destroy(new Error(`it did not answer in ${CONNECT_MS / 1000} s`)));
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      const validTo = new Date(socket.getPeerCertificate().valid_to);
      const { authorized, authorizationError } = socket;
      resolve({ validTo, distrusted: authorized ? undefined : String(authorizationError) });
      socket.end();
    });
  });
}
