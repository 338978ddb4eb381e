/** aws:lb/targetGroup:TargetGroup and aws:lb/targetGroupAttachment:TargetGroupAttachment, for application load balancers. */
import { randomUUID } from "node:crypto";
import type { ProtocolEnum, TargetTypeEnum } from "@aws-sdk/client-elastic-load-balancing-v2";
import { boolean, number, object, string, type Properties } from "../../core/schema";
import { isObject, type Value } from "../../core/wire";
import { regional, tagState, tagsOf } from "../resource";
import { retrying } from "../wait";
import { attributesFrom, propertiesFrom, type Attributes } from "./attributes";
import { creationTags, elbResource, tagsOn } from "./tags";

const ATTRIBUTES: Attributes = {
  deregistrationDelay: "deregistration_delay.timeout_seconds",
  slowStart: "slow_start.duration_seconds",
  loadBalancingAlgorithmType: "load_balancing.algorithm.type",
};

const properties: Properties = {
  name: string({ computed: true, forceNew: true }),
  port: number({ required: true, forceNew: true }),
  protocol: string({ required: true, forceNew: true, oneOf: ["HTTP", "HTTPS"] }),
  protocolVersion: string({ computed: true, forceNew: true }),
  targetType: string({ default: "instance", forceNew: true, oneOf: ["instance", "ip"] }),
  vpcId: string({ required: true, forceNew: true }),
  deregistrationDelay: number({ default: 300 }),
  slowStart: number({ default: 0 }),
  loadBalancingAlgorithmType: string({ computed: true }),
  healthCheck: object(
    {
      enabled: boolean({ computed: true }),
      path: string({ computed: true }),
      port: string({ computed: true }),
      protocol: string({ computed: true }),
      matcher: string({ computed: true }),
      interval: number({ computed: true }),
      timeout: number({ computed: true }),
      healthyThreshold: number({ computed: true }),
      unhealthyThreshold: number({ computed: true }),
    },
    { computed: true },
  ),
  arn: string({ output: true }),
  arnSuffix: string({ output: true }),
};

/** Targets and how it is told whether they are well. */
export const targetGroup = elbResource({
  properties,
  autoname: { property: "name", maxLength: 32 },
  async create(aws, inputs) {
    const { TargetGroups: [made] = [] } = await (
      await aws.elb()
    ).createTargetGroup({
      Name: inputs.name as string,
      Port: inputs.port as number,
      Protocol: inputs.protocol as ProtocolEnum,
      ProtocolVersion: inputs.protocolVersion as string | undefined,
      TargetType: inputs.targetType as TargetTypeEnum,
      VpcId: inputs.vpcId as string,
      ...healthCheck(inputs.healthCheck),
      ...creationTags(tagsOf(aws, inputs)),
    });
    return { id: made.TargetGroupArn! };
  },
  async ready(aws, id, inputs) {
    const Attributes = attributesFrom(ATTRIBUTES, inputs);
    await (await aws.elb()).modifyTargetGroupAttributes({ TargetGroupArn: id, Attributes });
  },
  async read(aws, id, known) {
    const elb = await aws.elb();
    const { TargetGroups: [found] = [] } = await elb.describeTargetGroups({ TargetGroupArns: [id] });
    if (!found) return undefined;
    const { Attributes } = await elb.describeTargetGroupAttributes({ TargetGroupArn: id });
    return {
      arn: id,
      arnSuffix: id.replace(/^.*:(targetgroup\/)/, "$1"),
      name: found.TargetGroupName,
      port: found.Port,
      protocol: found.Protocol,
      protocolVersion: found.ProtocolVersion,
      targetType: found.TargetType,
      vpcId: found.VpcId,
      healthCheck: {
        enabled: found.HealthCheckEnabled,
        path: found.HealthCheckPath,
        port: found.HealthCheckPort,
        protocol: found.HealthCheckProtocol,
        matcher: found.Matcher?.HttpCode,
        interval: found.HealthCheckIntervalSeconds,
        timeout: found.HealthCheckTimeoutSeconds,
        healthyThreshold: found.HealthyThresholdCount,
        unhealthyThreshold: found.UnhealthyThresholdCount,
      },
      ...propertiesFrom(ATTRIBUTES, properties, Attributes),
      ...tagState(aws, await tagsOn(aws, id), known),
    };
  },
  async update(aws, id, { inputs, changed }) {
    const elb = await aws.elb();
    const Attributes = attributesFrom(ATTRIBUTES, inputs, changed);
    if (Attributes.length > 0) await elb.modifyTargetGroupAttributes({ TargetGroupArn: id, Attributes });
    if (changed.has("healthCheck"))
      await elb.modifyTargetGroup({ TargetGroupArn: id, ...healthCheck(inputs.healthCheck) });
  },
  async delete(aws, id) {
    const elb = await aws.elb();
    await retrying(aws, ["ResourceInUse", "ResourceInUseException"], 5, () =>
      elb.deleteTargetGroup({ TargetGroupArn: id }),
    );
  },
});

function healthCheck(given: Value) {
  if (!isObject(given)) return {};
  return {
    HealthCheckEnabled: given.enabled as boolean | undefined,
    HealthCheckPath: given.path as string | undefined,
    HealthCheckPort: given.port as string | undefined,
    HealthCheckProtocol: given.protocol as ProtocolEnum | undefined,
    HealthCheckIntervalSeconds: given.interval as number | undefined,
    HealthCheckTimeoutSeconds: given.timeout as number | undefined,
    HealthyThresholdCount: given.healthyThreshold as number | undefined,
    UnhealthyThresholdCount: given.unhealthyThreshold as number | undefined,
    ...(given.matcher ? { Matcher: { HttpCode: given.matcher as string } } : {}),
  };
}

/** A target's place in a group. */
export const targetGroupAttachment = regional({
  properties: {
    targetGroupArn: string({ required: true, forceNew: true }),
    targetId: string({ required: true, forceNew: true }),
    port: number({ forceNew: true }),
    availabilityZone: string({ forceNew: true }),
  },
  async create(aws, inputs) {
    const elb = await aws.elb();
    const arn = inputs.targetGroupArn as string;
    await retrying(aws, ["InvalidTarget"], 10, () =>
      elb.registerTargets({ TargetGroupArn: arn, Targets: [target(inputs)] }),
    );
    return { id: `${arn}-${randomUUID()}` };
  },
  async read(aws, _id, known) {
    if (!known.targetGroupArn) return undefined; // its id says nothing: the real provider cannot import it either
    const { TargetHealthDescriptions = [] } = await (
      await aws.elb()
    ).describeTargetHealth({
      TargetGroupArn: known.targetGroupArn as string,
      Targets: [target(known)],
    });
    const reason = TargetHealthDescriptions[0]?.TargetHealth?.Reason ?? "";
    const gone = ["Target.NotRegistered", "Target.DeregistrationInProgress"].includes(reason);
    return gone || TargetHealthDescriptions.length === 0 ? undefined : known;
  },
  async delete(aws, _id, state) {
    await (
      await aws.elb()
    ).deregisterTargets({ TargetGroupArn: state.targetGroupArn as string, Targets: [target(state)] });
  },
});

function target({ targetId, port, availabilityZone }: { [key: string]: Value }) {
  return {
    Id: targetId as string,
    Port: port as number | undefined,
    AvailabilityZone: availabilityZone as string | undefined,
  };
}
