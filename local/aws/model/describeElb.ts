import {
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  type Action as ElbAction,
  type LoadBalancer as ElbLoadBalancer,
  type TargetGroup as ElbTargetGroup,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Action, Cloud, LoadBalancer, TargetGroup } from "./model";

/** Reads what Elastic Load Balancing says there should be. Application Load Balancers only. */
export async function describeElb(
  elb: ElasticLoadBalancingV2Client,
): Promise<Pick<Cloud, "loadBalancers" | "targetGroups">> {
  const [balancers, groups] = await Promise.all([
    elb.send(new DescribeLoadBalancersCommand({})),
    elb.send(new DescribeTargetGroupsCommand({})),
  ]);
  const applications = (balancers.LoadBalancers ?? []).filter((balancer) => balancer.Type === "application");
  return {
    loadBalancers: await Promise.all(applications.map((balancer) => readLoadBalancer(elb, balancer))),
    targetGroups: await Promise.all((groups.TargetGroups ?? []).map((group) => readTargetGroup(elb, group))),
  };
}

async function readLoadBalancer(elb: ElasticLoadBalancingV2Client, balancer: ElbLoadBalancer): Promise<LoadBalancer> {
  const LoadBalancerArn = balancer.LoadBalancerArn!;
  const [{ Attributes = [] }, { Listeners = [] }] = await Promise.all([
    elb.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn })),
    elb.send(new DescribeListenersCommand({ LoadBalancerArn })),
  ]);
  const idle = Attributes.find((attribute) => attribute.Key === "idle_timeout.timeout_seconds")?.Value;
  return {
    arn: LoadBalancerArn,
    name: balancer.LoadBalancerName!,
    fullName: LoadBalancerArn.split(":loadbalancer/")[1],
    vpcId: balancer.VpcId!,
    subnetIds: (balancer.AvailabilityZones ?? []).map((zone) => zone.SubnetId!),
    groups: balancer.SecurityGroups ?? [],
    idleTimeoutSeconds: Number(idle ?? 60),
    listeners: Listeners.map((listener) => ({
      port: listener.Port!,
      protocol: listener.Protocol === "HTTPS" ? "HTTPS" : "HTTP",
      certificateArn: listener.Certificates?.[0]?.CertificateArn,
      action: readAction(listener.DefaultActions ?? []),
    })),
  };
}

function readAction(actions: ElbAction[]): Action {
  const last = actions.at(-1);
  if (last?.Type === "redirect" && last.RedirectConfig) {
    const redirect = last.RedirectConfig;
    return {
      type: "redirect",
      protocol: redirect.Protocol ?? "#{protocol}",
      host: redirect.Host ?? "#{host}",
      port: redirect.Port ?? "#{port}",
      path: redirect.Path ?? "/#{path}",
      query: redirect.Query ?? "#{query}",
      status: redirect.StatusCode === "HTTP_302" ? 302 : 301,
    };
  }
  if (last?.Type === "fixed-response" && last.FixedResponseConfig) {
    const { StatusCode, ContentType, MessageBody } = last.FixedResponseConfig;
    return {
      type: "fixed-response",
      status: Number(StatusCode),
      contentType: ContentType ?? "text/plain",
      body: MessageBody ?? "",
    };
  }
  const targetGroupArn = last?.TargetGroupArn ?? last?.ForwardConfig?.TargetGroups?.[0]?.TargetGroupArn;
  if (last?.Type === "forward" && targetGroupArn) return { type: "forward", targetGroupArn };
  throw new Error(
    `a listener's action of type ${last?.Type} is not supported: forward, redirect and fixed-response are`,
  );
}

async function readTargetGroup(elb: ElasticLoadBalancingV2Client, group: ElbTargetGroup): Promise<TargetGroup> {
  const { TargetGroupArn } = group;
  const [health, { Attributes = [] }] = await Promise.all([
    elb.send(new DescribeTargetHealthCommand({ TargetGroupArn })),
    elb.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn })),
  ]);
  const delay = Attributes.find(({ Key }) => Key === "deregistration_delay.timeout_seconds")?.Value;
  const targets = (health.TargetHealthDescriptions ?? []).map(({ Target }) => Target!);
  return {
    arn: group.TargetGroupArn!,
    name: group.TargetGroupName!,
    vpcId: group.VpcId!,
    protocol: group.Protocol === "HTTPS" ? "HTTPS" : "HTTP",
    health: {
      port: group.HealthCheckPort ?? "traffic-port",
      path: group.HealthCheckPath ?? "/",
      matcher: group.Matcher?.HttpCode ?? "200",
      intervalSeconds: group.HealthCheckIntervalSeconds ?? 30,
      timeoutSeconds: group.HealthCheckTimeoutSeconds ?? 5,
      healthyThreshold: group.HealthyThresholdCount ?? 5,
      unhealthyThreshold: group.UnhealthyThresholdCount ?? 2,
    },
    deregistrationDelaySeconds: Number(delay ?? 300),
    targets: targets.map((target) => ({ id: target.Id!, port: target.Port ?? group.Port! })),
  };
}
