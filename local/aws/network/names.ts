/** Names of kernel objects, so that a cleaner can find them without knowing what ran. */

export function vpcNamespace(name: string, vpcId: string): string {
  return `${name}-${vpcId}`;
}

export function hostNamespace(name: string, instanceId: string): string {
  return `${name}-${instanceId}`;
}

/** Whether a namespace of this machine belongs to the AWS of this name. */
export function isOurNamespace(name: string, namespace: string): boolean {
  return namespace.startsWith(`${name}-vpc-`) || namespace.startsWith(`${name}-i-`);
}

/** The VPC's end of an instance's link. The kernel takes at most 15 characters. */
export function linkName(instanceId: string): string {
  return `i-${instanceId.slice(2, 15)}`;
}
