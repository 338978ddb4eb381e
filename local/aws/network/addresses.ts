/** IPv4 arithmetic for what AWS reserves in a VPC. */

export interface Cidr {
  /** As a number. */
  base: number;
  prefix: number;
}

export function parseCidr(text: string): Cidr {
  const [address, prefix] = text.split("/");
  return { base: toNumber(address), prefix: Number(prefix) };
}

export function toNumber(address: string): number {
  return address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

export function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** The router of a subnet: its second address. */
export function gatewayOf(subnetCidr: string): string {
  return toAddress(parseCidr(subnetCidr).base + 1);
}

/** The resolver of a VPC: its third address. */
export function resolverOf(vpcCidr: string): string {
  return toAddress(parseCidr(vpcCidr).base + 2);
}

/** `ip-10-0-0-1.eu-west-1.compute.internal`; us-east-1 has a domain of its own. */
export function privateDnsName(address: string, region: string): string {
  const domain = region === "us-east-1" ? "ec2.internal" : `${region}.compute.internal`;
  return `ip-${address.replaceAll(".", "-")}.${domain}`;
}

/** Where hosts find the instance metadata. */
export const METADATA_ADDRESS = "169.254.169.254";
/** Where hosts find the resolver, besides the VPC's third address. */
export const RESOLVER_ADDRESS = "169.254.169.253";
/** What the endpoints of AWS's services resolve to. Of a block that is set aside for documentation: no real host has it. */
export const SERVICES_ADDRESS = "198.51.100.1";
/** What every other name of the internet resolves to. */
export const INTERNET_ADDRESS = "198.51.100.2";
