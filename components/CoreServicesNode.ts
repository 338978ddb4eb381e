import * as lb from "@pulumi/aws/lb";
import * as pulumi from "@pulumi/pulumi";
import { farewell, gate } from "./gate";
import { Host, type HostArgs } from "./Host";
import type { LoadBalancer } from "./LoadBalancer";

export interface CoreServicesNodeArgs {
  host: HostArgs;
  /** Sends it its clients. */
  loadBalancer: LoadBalancer;
}

/** How long a host that is ready may take to pass the load balancer's health checks; two that pass are 20 seconds. */
const IN_SERVICE_SECONDS = 300;

/**
 * A host of the core services, which keeps no state. It is a target of the load balancer from when it is ready until it is deregistered and
 * drained, which is before its instance ends.
 */
export class CoreServicesNode extends pulumi.ComponentResource {
  readonly host: Host;
  /** Exists once the load balancer finds the host healthy and sends to it. */
  readonly inService: pulumi.Resource;

  constructor(name: string, args: CoreServicesNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("realm-cluster:index:CoreServicesNode", name, {}, opts);
    this.host = new Host(name, args.host, { parent: this });
    const { targetGroup, listening } = args.loadBalancer;
    const attachment = this.attach(name, args.loadBalancer);
    const target = {
      HOST: args.host.plan.name,
      INSTANCE_ID: this.host.instanceId,
      TARGET_GROUP_ARN: targetGroup.arn,
      AWS_REGION: args.host.region,
    };
    const child = { parent: this, dependsOn: [attachment, ...listening] };
    farewell(`${name}-drain`, "drainTarget", target, [target.INSTANCE_ID, target.TARGET_GROUP_ARN], child);
    const waiting = { ...target, TIMEOUT_SECONDS: String(IN_SERVICE_SECONDS) };
    this.inService = gate(`${name}-in-service`, "awaitInService", waiting, child);
    this.registerOutputs({ address: this.host.address });
  }

  private attach(name: string, loadBalancer: LoadBalancer): lb.TargetGroupAttachment {
    const { arn: targetGroupArn } = loadBalancer.targetGroup;
    const { instanceId: targetId, ready } = this.host;
    return new lb.TargetGroupAttachment(
      name,
      { targetGroupArn, targetId, port: loadBalancer.targetPort },
      // A host that is not ready would only be an unhealthy target.
      { parent: this, dependsOn: [ready], aliases: [{ parent: loadBalancer }] },
    );
  }
}
