/** aws:lb/loadBalancer:LoadBalancer, application load balancers. */
import type { IpAddressType } from "@aws-sdk/client-elastic-load-balancing-v2";
import { boolean, number, set, string, type Properties } from "../../core/schema";
import type { Aws } from "../context";
import { strings, tagState, tagsOf } from "../resource";
import { until, untilGone } from "../wait";
import { attributesFrom, propertiesFrom, type Attributes } from "./attributes";
import { creationTags, elbResource, tagsOn } from "./tags";

const ATTRIBUTES: Attributes = {
  idleTimeout: "idle_timeout.timeout_seconds",
  dropInvalidHeaderFields: "routing.http.drop_invalid_header_fields.enabled",
  enableDeletionProtection: "deletion_protection.enabled",
  enableHttp2: "routing.http2.enabled",
};

const properties: Properties = {
  name: string({ computed: true, forceNew: true }),
  loadBalancerType: string({ default: "application", forceNew: true, oneOf: ["application"] }),
  internal: boolean({ computed: true, forceNew: true }),
  ipAddressType: string({ computed: true, oneOf: ["ipv4", "dualstack"] }),
  securityGroups: set(string(), { computed: true }),
  subnets: set(string(), { required: true }),
  idleTimeout: number({ default: 60 }),
  dropInvalidHeaderFields: boolean({ default: false }),
  enableDeletionProtection: boolean({ default: false }),
  enableHttp2: boolean({ default: true }),
  arn: string({ output: true }),
  arnSuffix: string({ output: true }),
  dnsName: string({ output: true }),
  vpcId: string({ output: true }),
  zoneId: string({ output: true }),
};

/** A load balancer over the subnets of two or more zones. */
export const loadBalancer = elbResource({
  properties,
  autoname: { property: "name", maxLength: 32 },
  async create(aws, inputs) {
    const { LoadBalancers: [made] = [] } = await (
      await aws.elb()
    ).createLoadBalancer({
      Name: inputs.name as string,
      Type: "application",
      Scheme: inputs.internal === true ? "internal" : "internet-facing",
      IpAddressType: inputs.ipAddressType as IpAddressType | undefined,
      SecurityGroups: inputs.securityGroups ? strings(inputs.securityGroups) : undefined,
      Subnets: strings(inputs.subnets),
      ...creationTags(tagsOf(aws, inputs)),
    });
    return { id: made.LoadBalancerArn! };
  },
  async ready(aws, id, inputs) {
    await until(aws, `ELBv2 Load Balancer (${id}) create`, 10, async () => {
      const { Code: state = "", Reason } = (await describe(aws, id))?.State ?? {};
      if (state === "failed") return { failed: Reason ?? "failed" };
      return state === "active" ? { done: true } : { done: false, state };
    });
    const Attributes = attributesFrom(ATTRIBUTES, inputs);
    await (await aws.elb()).modifyLoadBalancerAttributes({ LoadBalancerArn: id, Attributes });
  },
  async read(aws, id, known) {
    const found = await describe(aws, id);
    if (!found) return undefined;
    const { Attributes } = await (await aws.elb()).describeLoadBalancerAttributes({ LoadBalancerArn: id });
    return {
      arn: id,
      arnSuffix: id.replace(/^.*:loadbalancer\//, ""),
      dnsName: found.DNSName,
      internal: found.Scheme === "internal",
      ipAddressType: found.IpAddressType,
      loadBalancerType: found.Type,
      name: found.LoadBalancerName,
      securityGroups: found.SecurityGroups ?? [],
      subnets: (found.AvailabilityZones ?? []).map(({ SubnetId }) => SubnetId!),
      vpcId: found.VpcId,
      zoneId: found.CanonicalHostedZoneId,
      ...propertiesFrom(ATTRIBUTES, properties, Attributes),
      ...tagState(aws, await tagsOn(aws, id), known),
    };
  },
  async update(aws, id, { inputs, changed }) {
    const elb = await aws.elb();
    const Attributes = attributesFrom(ATTRIBUTES, inputs, changed);
    if (Attributes.length > 0) await elb.modifyLoadBalancerAttributes({ LoadBalancerArn: id, Attributes });
    if (changed.has("securityGroups")) {
      await elb.setSecurityGroups({ LoadBalancerArn: id, SecurityGroups: strings(inputs.securityGroups) });
    }
    if (changed.has("subnets")) await elb.setSubnets({ LoadBalancerArn: id, Subnets: strings(inputs.subnets) });
    if (changed.has("ipAddressType")) {
      await elb.setIpAddressType({ LoadBalancerArn: id, IpAddressType: inputs.ipAddressType as IpAddressType });
    }
  },
  async delete(aws, id) {
    await (await aws.elb()).deleteLoadBalancer({ LoadBalancerArn: id });
    await untilGone(aws, `ELBv2 Load Balancer (${id}) delete`, 10, async () => (await describe(aws, id))?.State?.Code);
  },
});

async function describe(aws: Aws, arn: string) {
  const { LoadBalancers: [found] = [] } = await (await aws.elb()).describeLoadBalancers({ LoadBalancerArns: [arn] });
  return found;
}
