/** What the AWS API says there should be, as plain values: read by describe.ts, acted on by the reconcile loop. */

export interface Cloud {
  region: string;
  vpcs: Vpc[];
  subnets: Subnet[];
  securityGroups: SecurityGroup[];
  interfaces: NetworkInterface[];
  instances: Instance[];
  volumes: Volume[];
  endpoints: VpcEndpoint[];
  loadBalancers: LoadBalancer[];
  targetGroups: TargetGroup[];
  zones: PrivateZone[];
}

export interface Vpc {
  id: string;
  cidr: string;
}

export interface Subnet {
  id: string;
  vpcId: string;
  cidr: string;
  zone: string;
  /** A route table leads 0.0.0.0/0 to a NAT or internet gateway. */
  reachesInternet: boolean;
}

export interface SecurityGroup {
  id: string;
  vpcId: string;
  ingress: Rule[];
  egress: Rule[];
}

export interface Rule {
  /** "tcp", "udp", "icmp", a protocol's number, or "-1" for all. */
  protocol: string;
  fromPort?: number;
  toPort?: number;
  cidrs: string[];
  /** Ids of security groups whose members are meant. */
  groups: string[];
}

export interface NetworkInterface {
  id: string;
  vpcId: string;
  subnetId: string;
  address: string;
  mac: string;
  groups: string[];
  description: string;
  attachment?: { id: string; instanceId: string; deleteOnTermination: boolean };
}

export type InstanceState = "running" | "stopped" | "terminated";

export interface Instance {
  id: string;
  state: InstanceState;
  vpcId: string;
  subnetId: string;
  zone: string;
  interfaceId: string;
  address: string;
  mac: string;
  imageId: string;
  type: string;
  launchTime: string;
  profileArn?: string;
  /** Instance metadata. */
  metadata: { enabled: boolean; tokensRequired: boolean; tags: boolean };
  tags: Record<string, string>;
}

export interface Volume {
  id: string;
  /** In GiB. */
  size: number;
  /** The snapshot that it was made of. */
  snapshotId?: string;
  /** A root volume is the host's own layer over the image, and has no image file. */
  attachment?: { instanceId: string; device: string; root: boolean };
}

/** An interface endpoint with private DNS: an AWS service inside of the VPC. */
export interface VpcEndpoint {
  id: string;
  vpcId: string;
  /** As in `com.amazonaws.REGION.SERVICE`. */
  service: string;
  subnetIds: string[];
  groups: string[];
}

/** A hosted zone that is known inside of its VPCs alone. */
export interface PrivateZone {
  /** Without a dot at its end, as are its names. */
  name: string;
  vpcIds: string[];
  addresses: { name: string; address: string }[];
}

export interface LoadBalancer {
  arn: string;
  name: string;
  /** As in its ARN: `app/NAME/ID`. */
  fullName: string;
  vpcId: string;
  subnetIds: string[];
  groups: string[];
  idleTimeoutSeconds: number;
  listeners: Listener[];
}

export interface Listener {
  port: number;
  protocol: "HTTP" | "HTTPS";
  certificateArn?: string;
  action: Action;
}

export type Action =
  | { type: "forward"; targetGroupArn: string }
  | { type: "redirect"; protocol: string; host: string; port: string; path: string; query: string; status: 301 | 302 }
  | { type: "fixed-response"; status: number; contentType: string; body: string };

export interface TargetGroup {
  arn: string;
  name: string;
  vpcId: string;
  protocol: "HTTP" | "HTTPS";
  health: HealthCheck;
  /** How long a target that was deregistered may finish what it has. */
  deregistrationDelaySeconds: number;
  targets: Target[];
}

export interface HealthCheck {
  /** A port's number, or "traffic-port". */
  port: string;
  path: string;
  /** HTTP codes: "200", "200,202" or "200-299". */
  matcher: string;
  intervalSeconds: number;
  timeoutSeconds: number;
  healthyThreshold: number;
  unhealthyThreshold: number;
}

export interface Target {
  /** An instance's id, or an address. */
  id: string;
  port: number;
}
