import { join } from "node:path";
import { deleteNamespace, listNamespaces } from "../network/namespace";
import { vpcNamespace } from "../network/names";
import { Resolver } from "../network/resolver";
import { VpcNetwork } from "../network/vpc";
import type { VpcPlan } from "./networkPlan";

/** The VPCs on this machine: each a namespace and its resolver. */
export class Networks {
  private readonly networks = new Map<string, { network: VpcNetwork; resolver: Resolver }>();

  /**
   * @param name prefix of namespaces
   * @param dir holds a directory for each VPC
   */
  constructor(
    private readonly name: string,
    private readonly dir: string,
    private readonly log: (line: string) => void,
  ) {}

  async apply(plans: VpcPlan[]): Promise<void> {
    for (const { vpcId, network, resolver } of plans) {
      const vpc = this.networks.get(vpcId) ?? this.enter(vpcId, network.namespace);
      await vpc.network.apply(network);
      await vpc.resolver.apply(resolver);
    }
  }

  /** Removes the VPCs that are not among these. */
  async keepOnly(vpcIds: Set<string>): Promise<void> {
    const namespaces = await listNamespaces();
    const present = namespaces.filter((namespace) => namespace.startsWith(`${this.name}-vpc-`));
    for (const namespace of present) {
      const vpcId = namespace.slice(this.name.length + 1);
      if (vpcIds.has(vpcId)) continue;
      await this.networks.get(vpcId)?.resolver.stop();
      this.networks.delete(vpcId);
      await deleteNamespace(vpcNamespace(this.name, vpcId));
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.networks.values()].map(({ resolver }) => resolver.stop()));
  }

  private enter(vpcId: string, namespace: string) {
    const resolver = new Resolver(namespace, join(this.dir, vpcId), this.log);
    const vpc = { network: new VpcNetwork(namespace), resolver };
    this.networks.set(vpcId, vpc);
    return vpc;
  }
}
