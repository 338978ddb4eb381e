import type { Cloud } from "../model/model";
import { METADATA_ADDRESS, RESOLVER_ADDRESS, SERVICES_ADDRESS, INTERNET_ADDRESS } from "../network/addresses";
import { gatewayOf, resolverOf } from "../network/addresses";
import { vpcNamespace } from "../network/names";
import type { ResolverSpec } from "../network/resolver";
import type { VpcSpec } from "../network/vpc";
import { endpointAddresses, isManaged } from "./managed";

export interface VpcPlan {
  vpcId: string;
  /** Where AWS's services are reached, besides their public address. */
  endpoints: string[];
  network: VpcSpec;
  resolver: ResolverSpec;
}

/** The networks that are needed: of VPCs that have an instance or a load balancer. */
export function planNetworks(cloud: Cloud, name: string, internet: string[]): VpcPlan[] {
  const used = new Set([
    ...cloud.instances.filter((instance) => instance.state !== "terminated").map((instance) => instance.vpcId),
    ...cloud.loadBalancers.map((balancer) => balancer.vpcId),
  ]);
  return cloud.vpcs
    .filter((vpc) => used.has(vpc.id))
    .map((vpc) => {
      const subnets = cloud.subnets.filter((subnet) => subnet.vpcId === vpc.id);
      const interfaces = cloud.interfaces.filter((eni) => eni.vpcId === vpc.id);
      const routed = new Set(subnets.filter((subnet) => subnet.reachesInternet).map((subnet) => subnet.id));
      const resolver = resolverOf(vpc.cidr);
      const endpoints = endpointAddresses(cloud, vpc.id);
      return {
        vpcId: vpc.id,
        endpoints: endpoints.flatMap(({ addresses }) => addresses),
        network: {
          namespace: vpcNamespace(name, vpc.id),
          addresses: [
            ...[METADATA_ADDRESS, RESOLVER_ADDRESS, SERVICES_ADDRESS, INTERNET_ADDRESS, resolver],
            ...subnets.map((subnet) => gatewayOf(subnet.cidr)),
            ...interfaces.filter(isManaged).map((eni) => eni.address),
          ],
          firewall: {
            securityGroups: cloud.securityGroups.filter((group) => group.vpcId === vpc.id),
            interfaces,
            resolver,
            routed: interfaces.filter((eni) => routed.has(eni.subnetId)).map((eni) => eni.address),
          },
        },
        resolver: {
          region: cloud.region,
          address: resolver,
          interfaces: interfaces.map((eni) => eni.address),
          endpoints,
          internet,
          zones: cloud.zones.filter(({ vpcIds }) => vpcIds.includes(vpc.id)),
        },
      };
    });
}
