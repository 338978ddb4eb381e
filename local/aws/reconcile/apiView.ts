import type { Clients } from "../clients";
import { describeEc2 } from "../model/describe";
import { describeElb } from "../model/describeElb";
import { describeRoute53 } from "../model/describeRoute53";
import type { Cloud } from "../model/model";
import { changeInterfaces, interfaceChanges } from "./interfaces";

/** What the machine mirrors, by the name in a call's signature. */
const SERVICES = ["ec2", "elasticloadbalancing", "route53"] as const;
type Service = (typeof SERVICES)[number];

/** What the API said when it was last read. Only what may have changed since is read again. */
export class ApiView {
  private readonly unread = new Set<Service>(SERVICES);
  private cloud: Cloud;

  constructor(
    private readonly clients: Pick<Clients, "ec2" | "elb" | "route53">,
    region: string,
  ) {
    this.cloud = {
      ...{ region, vpcs: [], subnets: [], securityGroups: [], interfaces: [] },
      ...{ instances: [], volumes: [], endpoints: [], loadBalancers: [], targetGroups: [], zones: [] },
    };
  }

  get current(): Cloud {
    return this.cloud;
  }

  /** Something may have changed in this service. @returns whether that matters here */
  changed(service: string): boolean {
    const part = SERVICES.find((candidate) => candidate === service);
    if (part) this.unread.add(part);
    return part !== undefined;
  }

  /**
   * Reads it again, with the interfaces as AWS would have them by now.
   *
   * @param isThere whether the instance is still on the machine
   */
  async read(isThere: (instanceId: string) => boolean): Promise<Cloud> {
    await this.readChanged();
    const changes = interfaceChanges(this.cloud, isThere);
    if (Object.values(changes).every((list) => list.length === 0)) return this.cloud;
    // Before: some of it may be done when the rest fails.
    this.unread.add("ec2");
    await changeInterfaces(this.clients.ec2, changes);
    await this.readChanged();
    return this.cloud;
  }

  /** What was read is kept at once: whatever fails afterwards, it is not read a second time. */
  private async readChanged(): Promise<void> {
    const { ec2, elb, route53 } = this.clients;
    const unread = [...this.unread];
    this.unread.clear();
    const read = {
      ec2: () => describeEc2(ec2),
      elasticloadbalancing: () => describeElb(elb),
      route53: () => describeRoute53(route53),
    };
    try {
      const parts = await Promise.all(unread.map((service) => read[service]()));
      this.cloud = Object.assign({}, this.cloud, ...parts) as Cloud;
    } catch (error) {
      for (const service of unread) this.unread.add(service);
      throw error;
    }
  }
}
