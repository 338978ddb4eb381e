import type { Cloud, Instance, NetworkInterface, TargetGroup } from "../../local/aws/model/model";

/** A cloud to test with: one VPC over two zones, and an instance in each. */

export const instance = (id: string, more: Partial<Instance> = {}): Instance => ({
  id,
  state: "running",
  vpcId: "vpc-1",
  subnetId: "subnet-a",
  zone: "eu-west-1a",
  interfaceId: `eni-${id}`,
  address: "10.0.1.10",
  mac: "02:00:00:00:00:01",
  imageId: "ami-1",
  type: "t3.small",
  launchTime: "2026-01-01T00:00:00.000Z",
  metadata: { enabled: true, tokensRequired: true, tags: true },
  tags: { Name: id },
  ...more,
});

export const networkInterface = (id: string, more: Partial<NetworkInterface> = {}): NetworkInterface => ({
  id,
  vpcId: "vpc-1",
  subnetId: "subnet-a",
  address: "10.0.1.10",
  mac: "02:00:00:00:00:01",
  groups: ["sg-hosts"],
  description: "",
  ...more,
});

export const targetGroup = (more: Partial<TargetGroup> = {}): TargetGroup => ({
  arn: "arn:tg",
  name: "core",
  vpcId: "vpc-1",
  protocol: "HTTP",
  health: {
    ...{ port: "traffic-port", path: "/health", matcher: "200" },
    ...{ intervalSeconds: 10, timeoutSeconds: 5, healthyThreshold: 2, unhealthyThreshold: 3 },
  },
  deregistrationDelaySeconds: 30,
  targets: [
    { id: "i-a", port: 9080 },
    { id: "i-b", port: 9080 },
  ],
  ...more,
});

export const cloud = (more: Partial<Cloud> = {}): Cloud => ({
  region: "eu-west-1",
  vpcs: [{ id: "vpc-1", cidr: "10.0.0.0/16" }],
  subnets: [
    { id: "subnet-a", vpcId: "vpc-1", cidr: "10.0.1.0/24", zone: "eu-west-1a", reachesInternet: true },
    { id: "subnet-b", vpcId: "vpc-1", cidr: "10.0.2.0/24", zone: "eu-west-1b", reachesInternet: false },
  ],
  securityGroups: [],
  interfaces: [
    networkInterface("eni-i-a"),
    networkInterface("eni-i-b", { subnetId: "subnet-b", address: "10.0.2.10" }),
  ],
  instances: [
    instance("i-a"),
    instance("i-b", { subnetId: "subnet-b", zone: "eu-west-1b", address: "10.0.2.10", mac: "02:00:00:00:00:02" }),
  ],
  volumes: [],
  endpoints: [],
  loadBalancers: [],
  targetGroups: [],
  zones: [],
  ...more,
});
