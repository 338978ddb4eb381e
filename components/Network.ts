import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import type { NetworkPlan, OwnZone } from "../plan/network";
import { type Cluster, tagged } from "./cluster";

export interface NetworkArgs {
  cluster: Cluster;
  /** The network to make, or the one to adopt. */
  plan: NetworkPlan;
  /** The region's name. */
  region: string;
}

/** The VPC: for each zone a private subnet, where hosts live, and a public one, where the load balancer does. Or a VPC that is adopted. */
export class Network extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  /** The hosts' subnet in each zone. */
  readonly privateSubnetIds: Record<string, pulumi.Output<string>>;
  /** Every subnet by its kind: hosts live in private ones, a load balancer in the ones that its clients can reach. */
  readonly subnetIds: Record<"public" | "private", pulumi.Output<string>[]>;
  /** What must exist before anything in a public subnet can have a public address that works. */
  readonly outward: pulumi.Resource[];
  /** What must exist before a host can reach SSM and its downloads, besides the endpoints. */
  readonly ready: pulumi.Resource[];

  constructor(
    name: string,
    private readonly args: NetworkArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("realm-cluster:index:Network", name, {}, opts);
    const { cluster, plan } = args;
    if (plan.kind === "adopted") {
      this.vpcId = pulumi.output(plan.vpcId);
      this.privateSubnetIds = Object.fromEntries(
        plan.zones.map(({ zone, privateSubnetId }) => [zone, pulumi.output(privateSubnetId)]),
      );
      const publicIds = plan.publicSubnetIds.map((id) => pulumi.output(id));
      this.subnetIds = { public: publicIds, private: Object.values(this.privateSubnetIds) };
      this.outward = [];
      this.ready = [];
    } else {
      const made = new OwnNetwork(this, cluster);
      const main = made.vpc(plan.cidr);
      const gateway = made.internetGateway(main);
      const publicSubnets = plan.zones.map((zone) => made.subnet(main, "public", zone.zone, zone.publicCidr));
      const privateSubnets = plan.zones.map((zone) => made.subnet(main, "private", zone.zone, zone.privateCidr));
      const outward = made.publicRoutes(main, gateway, plan.zones, publicSubnets);
      const inward = made.privateRoutes(main, plan, publicSubnets, privateSubnets, outward);
      this.vpcId = main.id;
      this.privateSubnetIds = Object.fromEntries(plan.zones.map(({ zone }, i) => [zone, privateSubnets[i].id]));
      this.subnetIds = { public: publicSubnets.map(({ id }) => id), private: privateSubnets.map(({ id }) => id) };
      this.outward = outward;
      this.ready = inward;
    }
    this.registerOutputs({ vpcId: this.vpcId });
  }

  /** Ways to AWS's services that need no internet, where the plan has any. */
  endpoints(securityGroupId: pulumi.Input<string>): pulumi.Resource[] {
    const { cluster, plan, region } = this.args;
    const services = plan.kind === "own" ? plan.endpoints : [];
    return services.map((service) => {
      const args = {
        vpcId: this.vpcId,
        serviceName: `com.amazonaws.${region}.${service}`,
        vpcEndpointType: "Interface",
        privateDnsEnabled: true,
        subnetIds: this.subnetIds.private,
        securityGroupIds: [securityGroupId],
        tags: tagged(cluster, service),
      };
      return new ec2.VpcEndpoint(service, args, { parent: this });
    });
  }
}

/** The parts of a VPC of our own, each named after its zone. */
class OwnNetwork {
  constructor(
    private readonly parent: pulumi.Resource,
    private readonly cluster: Cluster,
  ) {}

  vpc(cidrBlock: string): ec2.Vpc {
    const args = { cidrBlock, enableDnsHostnames: true, enableDnsSupport: true, tags: tagged(this.cluster, "vpc") };
    return new ec2.Vpc("vpc", args, { parent: this.parent });
  }

  internetGateway({ id: vpcId }: ec2.Vpc): ec2.InternetGateway {
    return new ec2.InternetGateway(
      "internet",
      { vpcId, tags: tagged(this.cluster, "internet") },
      { parent: this.parent },
    );
  }

  subnet({ id: vpcId }: ec2.Vpc, kind: "public" | "private", availabilityZone: string, cidrBlock: string): ec2.Subnet {
    const name = `${kind}-${availabilityZone}`;
    const args = { vpcId, availabilityZone, cidrBlock, tags: tagged(this.cluster, name) };
    return new ec2.Subnet(name, args, { parent: this.parent });
  }

  /** One table for all public subnets: out through the internet gateway. */
  publicRoutes(
    main: ec2.Vpc,
    gateway: ec2.InternetGateway,
    zones: OwnZone[],
    subnets: ec2.Subnet[],
  ): pulumi.Resource[] {
    const { id: routeTableId } = this.routeTable(main, "public");
    const args = { routeTableId, destinationCidrBlock: "0.0.0.0/0", gatewayId: gateway.id };
    const route = new ec2.Route("public", args, { parent: this.parent });
    return [route, ...zones.map(({ zone }, i) => this.associate(`public-${zone}`, routeTableId, subnets[i]))];
  }

  /** A table for each private subnet: out through a NAT gateway, if there is any. */
  privateRoutes(
    main: ec2.Vpc,
    { nat, zones }: Extract<NetworkPlan, { kind: "own" }>,
    publicSubnets: ec2.Subnet[],
    privateSubnets: ec2.Subnet[],
    outward: pulumi.Resource[],
  ): pulumi.Resource[] {
    const natZones = { none: [], single: zones.slice(0, 1), perZone: zones }[nat];
    const gateways = natZones.map(({ zone }, i) => this.natGateway(zone, publicSubnets[i], outward));
    return zones.flatMap(({ zone }, i) => {
      const { id: routeTableId } = this.routeTable(main, `private-${zone}`);
      const associated = this.associate(`private-${zone}`, routeTableId, privateSubnets[i]);
      if (gateways.length === 0) return [associated];
      const natGatewayId = gateways[i % gateways.length].id;
      const args = { routeTableId, destinationCidrBlock: "0.0.0.0/0", natGatewayId };
      return [associated, new ec2.Route(`private-${zone}`, args, { parent: this.parent })];
    });
  }

  private natGateway(zone: string, { id: subnetId }: ec2.Subnet, outward: pulumi.Resource[]): ec2.NatGateway {
    const name = `nat-${zone}`;
    const tags = tagged(this.cluster, name);
    const address = new ec2.Eip(name, { domain: "vpc", tags }, { parent: this.parent });
    // A NAT gateway works only once its own subnet leads to the internet.
    const opts = { parent: this.parent, dependsOn: outward };
    return new ec2.NatGateway(name, { allocationId: address.id, subnetId, tags }, opts);
  }

  private routeTable({ id: vpcId }: ec2.Vpc, name: string): ec2.RouteTable {
    return new ec2.RouteTable(name, { vpcId, tags: tagged(this.cluster, name) }, { parent: this.parent });
  }

  private associate(name: string, routeTableId: pulumi.Output<string>, subnet: ec2.Subnet): pulumi.Resource {
    return new ec2.RouteTableAssociation(name, { routeTableId, subnetId: subnet.id }, { parent: this.parent });
  }
}
