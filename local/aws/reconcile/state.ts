import type { LocalState } from "../api/local";
import type { TargetHealth } from "../balancer/serverState";
import type { Cloud, LoadBalancer } from "../model/model";
import { hostNamespace } from "../network/names";
import { serverName } from "./balancerPlan";
import type { Fault } from "./faults";
import type { Hosts } from "./hosts";

export interface StateInput {
  name: string;
  region: string;
  apiPort: number;
  cloud: Cloud;
  hosts: Hosts;
  faults: Fault[];
  busy: boolean;
  balancerAddress(arn: string): string | undefined;
  targetHealth(groupArn: string): Promise<Map<string, TargetHealth> | undefined>;
  balancerEvents: string[];
}

/** What the local AWS tells of itself. */
export async function localState(input: StateInput): Promise<LocalState> {
  const { name, region, apiPort, cloud, hosts, faults, busy } = input;
  return {
    name,
    region,
    endpoint: `http://127.0.0.1:${apiPort}`,
    errors: faults,
    busy,
    instances: cloud.instances
      .filter((instance) => instance.state !== "terminated" || hosts.has(instance.id))
      .map((instance) => {
        const host = hosts.get(instance.id);
        return {
          id: instance.id,
          name: instance.tags.Name,
          state: instance.state,
          on: hosts.isOn(instance.id),
          address: instance.address,
          zone: instance.zone,
          vpcId: instance.vpcId,
          namespace: hostNamespace(name, instance.id),
          pid: host?.pid ?? null,
          consoleLog: host?.consoleLog ?? null,
          volumes: host?.attachments ?? [],
        };
      }),
    balancerEvents: input.balancerEvents,
    loadBalancers: await Promise.all(cloud.loadBalancers.map((balancer) => balancerState(balancer, input))),
  };
}

async function balancerState(balancer: LoadBalancer, { cloud, balancerAddress, targetHealth }: StateInput) {
  const address = balancerAddress(balancer.arn);
  const groupArns = new Set(
    balancer.listeners.flatMap(({ action }) => (action.type === "forward" ? [action.targetGroupArn] : [])),
  );
  const groups = cloud.targetGroups.filter((group) => groupArns.has(group.arn));
  const targets = groups.map(async (group) => {
    const health = await targetHealth(group.arn);
    return group.targets.map((target) => {
      const found = health?.get(serverName(target));
      return { group: group.name, ...target, state: found?.state ?? "initial", description: found?.description };
    });
  });
  return {
    name: balancer.name,
    arn: balancer.arn,
    urls: balancer.listeners.map(({ protocol, port }) => {
      const isDefault = port === (protocol === "HTTPS" ? 443 : 80);
      return `${protocol.toLowerCase()}://${address}${isDefault ? "" : `:${port}`}`;
    }),
    targets: (await Promise.all(targets)).flat(),
  };
}
