import type { Cloud, Instance } from "../model/model";
import { parseCidr, privateDnsName, toAddress } from "../network/addresses";

/** What the metadata service tells: directories, and leaves that are text or are asked for when they are read. */
export type Leaf = string | (() => Promise<string>);
export interface Tree {
  [name: string]: Tree | Leaf;
}

/** The role that an instance has, if any. */
export interface RoleAccess {
  name: string;
  /** The JSON of `iam/security-credentials/NAME`. */
  credentials: () => Promise<string>;
}

/** The tree below `/latest/` of one instance, but for its user data. */
export function metadataTree(cloud: Cloud, instance: Instance, account: string, role?: RoleAccess): Tree {
  const hostname = privateDnsName(instance.address, cloud.region);
  const identity = {
    accountId: account,
    architecture: "x86_64",
    availabilityZone: instance.zone,
    imageId: instance.imageId,
    instanceId: instance.id,
    instanceType: instance.type,
    pendingTime: instance.launchTime,
    privateIp: instance.address,
    region: cloud.region,
    version: "2017-09-30",
  };
  return {
    dynamic: { "instance-identity": { document: JSON.stringify(identity, null, 2) } },
    "meta-data": {
      "ami-id": instance.imageId,
      "ami-launch-index": "0",
      "block-device-mapping": { ami: "/dev/sda1", root: "/dev/sda1" },
      hostname,
      ...(role && instance.profileArn && { iam: iamTree(instance.profileArn, instance.launchTime, role) }),
      "instance-action": "none",
      "instance-id": instance.id,
      "instance-life-cycle": "on-demand",
      "instance-type": instance.type,
      "local-hostname": hostname,
      "local-ipv4": instance.address,
      mac: instance.mac,
      network: { interfaces: { macs: { [instance.mac]: interfaceTree(cloud, instance, account, hostname) } } },
      placement: { "availability-zone": instance.zone, region: cloud.region },
      "reservation-id": `r-${instance.id.slice(2)}`,
      "security-groups": groupsOf(cloud, instance).join("\n"),
      services: { domain: "amazonaws.com", partition: "aws" },
      ...(instance.metadata.tags && { tags: { instance: { ...instance.tags } } }),
    },
  };
}

function iamTree(profileArn: string, updated: string, role: RoleAccess): Tree {
  const info = { Code: "Success", LastUpdated: updated, InstanceProfileArn: profileArn };
  return { info: JSON.stringify(info, null, 2), "security-credentials": { [role.name]: role.credentials } };
}

function interfaceTree(cloud: Cloud, instance: Instance, account: string, hostname: string): Tree {
  const vpc = cloud.vpcs.find((candidate) => candidate.id === instance.vpcId)!;
  const subnet = cloud.subnets.find((candidate) => candidate.id === instance.subnetId)!;
  return {
    "device-number": "0",
    "interface-id": instance.interfaceId,
    "local-hostname": hostname,
    "local-ipv4s": instance.address,
    mac: instance.mac,
    "owner-id": account,
    "security-group-ids": groupsOf(cloud, instance).join("\n"),
    "subnet-id": subnet.id,
    "subnet-ipv4-cidr-block": canonical(subnet.cidr),
    "vpc-id": vpc.id,
    "vpc-ipv4-cidr-block": canonical(vpc.cidr),
    "vpc-ipv4-cidr-blocks": canonical(vpc.cidr),
  };
}

function groupsOf(cloud: Cloud, instance: Instance): string[] {
  return cloud.interfaces.find((candidate) => candidate.id === instance.interfaceId)?.groups ?? [];
}

function canonical(cidr: string): string {
  const { base, prefix } = parseCidr(cidr);
  return `${toAddress(base)}/${prefix}`;
}

/**
 * What a path holds: a leaf's text, or the names in a directory, with a slash after those that are directories.
 * @returns undefined where there is nothing
 */
export async function readTree(tree: Tree, path: string[]): Promise<string | undefined> {
  let node: Tree | Leaf | undefined = tree;
  for (const name of path) {
    if (typeof node !== "object" || !Object.hasOwn(node, name)) return undefined;
    node = node[name];
  }
  if (typeof node === "string") return node;
  if (typeof node === "function") return node();
  return Object.entries(node)
    .map(([name, child]) => (typeof child === "object" ? `${name}/` : name))
    .join("\n");
}
