import type { Backend, BalancerSpec, Server } from "../balancer/config";
import type { BalancerListener } from "../balancer/listener";
import type { Cloud, Listener, LoadBalancer, NetworkInterface, TargetGroup } from "../model/model";
import { vpcNamespace } from "../network/names";
import { interfacesOf } from "./managed";

/** HAProxy's name of a target group behind a load balancer. */
export function backendName(balancer: Pick<LoadBalancer, "name">, group: Pick<TargetGroup, "name">): string {
  return `${balancer.name}-${group.name}`;
}

export function serverName(target: { id: string; port: number }): string {
  return `${target.id}:${target.port}`;
}

export interface BalancerPlanOptions {
  /** Prefix of namespaces. */
  name: string;
  /** Of a load balancer, on this machine. */
  publicAddress(arn: string): string;
  /** Certificate files of HTTPS listeners, by the certificate's ARN. */
  certificates: ReadonlyMap<string, string>;
}

/** What HAProxy is to serve for the load balancers that there are. */
export function planBalancers(
  cloud: Cloud,
  options: BalancerPlanOptions,
): Pick<BalancerSpec, "listeners" | "backends"> {
  const parts = cloud.loadBalancers.map((balancer) => planBalancer(cloud, balancer, options));
  return { listeners: parts.flatMap((part) => part.listeners), backends: parts.flatMap((part) => part.backends) };
}

function planBalancer(cloud: Cloud, balancer: LoadBalancer, options: BalancerPlanOptions) {
  const interfaces = interfacesOf(cloud, balancer);
  const namespace = vpcNamespace(options.name, balancer.vpcId);
  const groupOf = (listener: Listener) => {
    const { action } = listener;
    return action.type === "forward" ? cloud.targetGroups.find((g) => g.arn === action.targetGroupArn) : undefined;
  };
  const listeners = balancer.listeners.map((listener): BalancerListener => {
    const group = groupOf(listener);
    return {
      name: `${balancer.name}-${listener.port}`,
      listener,
      idleTimeoutSeconds: balancer.idleTimeoutSeconds,
      publicAddress: isOpen(cloud, balancer, listener.port) ? options.publicAddress(balancer.arn) : undefined,
      addresses: interfaces.map((eni) => eni.address),
      namespace,
      certificate: listener.protocol === "HTTPS" ? options.certificates.get(listener.certificateArn ?? "") : undefined,
      backend: group && backendName(balancer, group),
    };
  });
  const groups = new Map(balancer.listeners.map(groupOf).map((group) => [group?.arn, group]));
  const backends = [...groups.values()].flatMap((group): Backend[] =>
    group && interfaces.length
      ? [
          {
            name: backendName(balancer, group),
            group,
            idleTimeoutSeconds: balancer.idleTimeoutSeconds,
            namespace,
            servers: group.targets.flatMap((target) => planServer(cloud, target, interfaces)),
          },
        ]
      : [],
  );
  const known = new Set(backends.map((backend) => backend.name));
  return {
    // A listener in the making has no interface, or its target group is not known yet.
    listeners: listeners.filter(({ addresses, backend }) => addresses.length && (!backend || known.has(backend))),
    backends,
  };
}

/** A target is reached from the load balancer's interface in its own zone, or else from any. */
function planServer(cloud: Cloud, target: { id: string; port: number }, interfaces: NetworkInterface[]): Server[] {
  const instance = cloud.instances.find((candidate) => candidate.id === target.id);
  if (target.id.startsWith("i-") && instance?.state !== "running") return [];
  const zoneOf = (eni: NetworkInterface) => cloud.subnets.find((subnet) => subnet.id === eni.subnetId)?.zone;
  const source = interfaces.find((eni) => zoneOf(eni) === instance?.zone) ?? interfaces[0];
  const address = instance?.address ?? target.id;
  return [{ name: serverName(target), address, port: target.port, source: source.address }];
}

/**
 * Whether the load balancer's groups let anyone in on the port. A client on this machine stands for one at an address
 * that they allow.
 */
function isOpen(cloud: Cloud, balancer: LoadBalancer, port: number): boolean {
  return cloud.securityGroups
    .filter((group) => balancer.groups.includes(group.id))
    .flatMap((group) => group.ingress)
    .some(
      (rule) =>
        rule.cidrs.length > 0 &&
        (rule.protocol === "-1" ||
          (["tcp", "6"].includes(rule.protocol) && port >= (rule.fromPort ?? 0) && port <= (rule.toPort ?? 65535))),
    );
}
