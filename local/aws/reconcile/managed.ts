import type { Cloud, LoadBalancer, NetworkInterface, VpcEndpoint } from "../model/model";

/**
 * Network interfaces that AWS makes by itself, in each subnet of a load balancer or an interface endpoint. They are
 * known by their description, which is AWS's own.
 */
export interface ManagedInterface {
  vpcId: string;
  subnetId: string;
  groups: string[];
  description: string;
}

export function describeBalancer(balancer: Pick<LoadBalancer, "fullName">): string {
  return `ELB ${balancer.fullName}`;
}

function describeEndpoint(endpoint: Pick<VpcEndpoint, "id">): string {
  return `VPC Endpoint Interface ${endpoint.id}`;
}

/** Whether an interface was made by us, for whatever there may have been. */
export function isManaged({ description }: Pick<NetworkInterface, "description">): boolean {
  return description.startsWith("ELB app/") || description.startsWith("VPC Endpoint Interface vpce-");
}

/** Those that there should be. */
export function managedInterfaces({ loadBalancers, endpoints }: Cloud): ManagedInterface[] {
  return [
    ...loadBalancers.map((balancer) => ({ ...balancer, description: describeBalancer(balancer) })),
    ...endpoints.map((endpoint) => ({ ...endpoint, description: describeEndpoint(endpoint) })),
  ].flatMap(({ vpcId, subnetIds, groups, description }) =>
    subnetIds.map((subnetId) => ({ vpcId, subnetId, groups, description })),
  );
}

/** The interfaces that a load balancer has. */
export function interfacesOf(cloud: Cloud, balancer: Pick<LoadBalancer, "fullName">): NetworkInterface[] {
  return cloud.interfaces.filter((eni) => eni.description === describeBalancer(balancer));
}

/** Where hosts of a VPC reach a service by its usual name without leaving the VPC: addresses by service. */
export function endpointAddresses(cloud: Cloud, vpcId: string): { service: string; addresses: string[] }[] {
  return cloud.endpoints
    .filter((endpoint) => endpoint.vpcId === vpcId)
    .map((endpoint) => ({
      service: endpoint.service,
      addresses: cloud.interfaces
        .filter((eni) => eni.description === describeEndpoint(endpoint))
        .map((eni) => eni.address),
    }));
}
