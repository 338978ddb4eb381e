import * as lb from "@pulumi/aws/lb";
import * as pulumi from "@pulumi/pulumi";
import type { LoadBalancerPlan } from "../plan";
import { type Cluster, tagged } from "./cluster";
import { gate } from "./gate";
import type { CoreServicesNode } from "./CoreServicesNode";

export interface LoadBalancerArgs {
  cluster: Cluster;
  plan: LoadBalancerPlan;
  vpcId: pulumi.Input<string>;
  /** Subnets of the plan's kind, in two zones or more. */
  subnetIds: pulumi.Input<string>[];
  securityGroupId: pulumi.Input<string>;
  /** The public subnets' way to the internet: AWS refuses a load balancer in a VPC whose gateway is not attached yet. */
  outward: pulumi.Resource[];
  /** What must exist before the load balancer can be reached and can reach its targets. */
  after: pulumi.Resource[];
  /** An ACM certificate, which turns on HTTPS. @default plain HTTP */
  certificateArn?: string;
  /** The name that clients use, which the certificate covers. @default the load balancer's own */
  domain?: string;
  /** How long a WebSocket may be silent, in seconds. */
  idleTimeoutSeconds: number;
  /** How long a host that leaves may finish its requests, in seconds. */
  drainSeconds: number;
  /** How long `/health` may take to answer through the load balancer, in minutes. */
  timeoutMinutes: number;
}

/** TLS 1.2 and 1.3 with forward secrecy: AWS's recommendation. */
const SSL_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06";

/** The Application Load Balancer in front of the core services, for HTTP and for WebSockets. */
export class LoadBalancer extends pulumi.ComponentResource {
  /** AWS's name for it, which the domain's DNS record points to. */
  readonly dnsName: pulumi.Output<string>;
  /** The hosted zone of that name, which is AWS's own: an alias record needs it. */
  readonly zoneId: pulumi.Output<string>;
  /** What CloudWatch calls it. */
  readonly metricName: pulumi.Output<string>;
  /** What clients and Realm Studio connect to. */
  readonly url: pulumi.Output<string>;
  /** What core services hosts are attached to, by this port of theirs. */
  readonly targetGroup: lb.TargetGroup;
  readonly targetPort: number;
  /** Exist once it takes clients: before, nothing is healthy in its target group. */
  readonly listening: pulumi.Resource[];

  constructor(
    private readonly name: string,
    private readonly args: LoadBalancerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("realm-cluster:index:LoadBalancer", name, {}, opts);
    const balancer = this.createBalancer(args);
    this.targetPort = args.plan.targetPort;
    this.targetGroup = this.createTargetGroup(args);
    this.listening = this.createListeners(args, balancer, this.targetGroup);
    this.dnsName = balancer.dnsName;
    this.zoneId = balancer.zoneId;
    this.metricName = balancer.arnSuffix;
    this.url = pulumi.interpolate`${this.scheme}://${args.domain ?? balancer.dnsName}`;
    this.registerOutputs({ dnsName: this.dnsName, url: this.url });
  }

  private createBalancer({
    cluster,
    plan,
    subnetIds,
    securityGroupId,
    outward,
    idleTimeoutSeconds,
  }: LoadBalancerArgs): lb.LoadBalancer {
    const args = {
      loadBalancerType: "application",
      internal: plan.subnets === "private",
      subnets: subnetIds,
      securityGroups: [securityGroupId],
      idleTimeout: idleTimeoutSeconds,
      dropInvalidHeaderFields: true,
      enableDeletionProtection: plan.deletionProtection,
      tags: tagged(cluster, "load-balancer"),
    };
    return new lb.LoadBalancer("realm", args, { parent: this, dependsOn: outward });
  }

  private createTargetGroup({ cluster, plan, vpcId, drainSeconds }: LoadBalancerArgs): lb.TargetGroup {
    const args = {
      vpcId,
      port: plan.targetPort,
      protocol: "HTTP",
      targetType: "instance",
      deregistrationDelay: drainSeconds,
      healthCheck: {
        path: plan.healthPath,
        protocol: "HTTP",
        matcher: "200",
        // The shortest that there is: requests go to a node without power until it has failed three times.
        interval: 5,
        timeout: 4,
        healthyThreshold: 2,
        unhealthyThreshold: 3,
      },
      tags: tagged(cluster, "core-services"),
    };
    return new lb.TargetGroup("core-services", args, { parent: this });
  }

  private createListeners(
    { cluster, plan, certificateArn }: LoadBalancerArgs,
    { arn: loadBalancerArn }: lb.LoadBalancer,
    { arn: targetGroupArn }: lb.TargetGroup,
  ): lb.Listener[] {
    const forward = { defaultActions: [{ type: "forward", targetGroupArn }] };
    const redirect = {
      defaultActions: [{ type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } }],
    };
    const [servingPort] = plan.listenerPorts;
    return plan.listenerPorts.map((port) => {
      const secure = certificateArn !== undefined && port === servingPort;
      const args = {
        loadBalancerArn,
        port,
        protocol: secure ? "HTTPS" : "HTTP",
        ...(secure && { certificateArn, sslPolicy: SSL_POLICY }),
        ...(port === servingPort ? forward : redirect),
        tags: tagged(cluster, `listener-${port}`),
      };
      return new lb.Listener(`port-${port}`, args, { parent: this });
    });
  }

  /** Waits until `/health` answers through it, also again when one of the nodes is replaced. */
  awaitHealth(nodes: CoreServicesNode[]): pulumi.Resource {
    const environment = {
      URL: pulumi.interpolate`${this.scheme}://${this.dnsName}/health`,
      SERVER_NAME: this.args.domain ?? "",
      // The program does not read it; with it in its environment it runs again when a target is replaced.
      TARGETS: pulumi.all(nodes.map(({ host }) => host.instanceId)).apply((ids) => ids.join(" ")),
      TIMEOUT_SECONDS: String(this.args.timeoutMinutes * 60),
    };
    const dependsOn = [...this.listening, ...nodes.map(({ inService }) => inService), ...this.args.after];
    return gate(`${this.name}-health`, "awaitLoadBalancer", environment, { parent: this, dependsOn });
  }

  private get scheme(): string {
    return this.args.certificateArn === undefined ? "http" : "https";
  }
}
