import { renderFirewall, type FirewallInput } from "./firewall";
import { addNamespace, addressesOf, ipBatch, listNamespaces, sysctl } from "./namespace";
import { run } from "../../process";

/** What a VPC's namespace is to be. */
export interface VpcSpec {
  namespace: string;
  /** The addresses that are the VPC's own: routers, resolver, metadata, load balancers' interfaces. */
  addresses: string[];
  firewall: FirewallInput;
}

/**
 * A VPC: a network namespace that routes between its hosts' links and judges every connection by security groups.
 * Applying is idempotent and changes only what differs.
 */
export class VpcNetwork {
  private isPrepared = false;
  private appliedFirewall = "";
  private appliedAddresses = "";

  constructor(readonly namespace: string) {}

  async apply(spec: VpcSpec): Promise<void> {
    if (!this.isPrepared) await this.prepare();
    await this.applyAddresses(spec.addresses);
    const ruleset = renderFirewall(spec.firewall);
    if (ruleset === this.appliedFirewall) return;
    await run("ip", ["netns", "exec", this.namespace, "nft", "--file", "-"], { input: ruleset });
    this.appliedFirewall = ruleset;
  }

  /** Makes the namespace, or what an earlier attempt left undone of it. */
  private async prepare(): Promise<void> {
    if (!(await listNamespaces()).includes(this.namespace)) await addNamespace(this.namespace);
    await sysctl(this.namespace, {
      "net.ipv4.ip_forward": 1,
      // A host takes its subnet for one link: for a neighbour's address it is the VPC that answers.
      "net.ipv4.conf.default.proxy_arp": 1,
      // A packet whose source is not the address of the link that it came by is dropped: EC2's source check.
      "net.ipv4.conf.default.rp_filter": 1,
      "net.ipv4.conf.all.rp_filter": 1,
      "net.ipv4.conf.default.send_redirects": 0,
      "net.ipv4.conf.all.send_redirects": 0,
      // HAProxy can take a load balancer's address before it is there.
      "net.ipv4.ip_nonlocal_bind": 1,
      "net.ipv6.conf.all.disable_ipv6": 1,
      "net.ipv6.conf.default.disable_ipv6": 1,
    });
    await ipBatch(this.namespace, ["link set lo up"]);
    this.isPrepared = true;
  }

  private async applyAddresses(addresses: string[]): Promise<void> {
    const wanted = [...new Set(addresses)].sort();
    if (wanted.join() === this.appliedAddresses) return;
    const present = (await addressesOf(this.namespace, "lo")).filter((address) => !address.startsWith("127."));
    await ipBatch(this.namespace, [
      ...wanted.filter((a) => !present.includes(a)).map((address) => `address add ${address}/32 dev lo`),
      ...present.filter((a) => !wanted.includes(a)).map((address) => `address del ${address}/32 dev lo`),
    ]);
    this.appliedAddresses = wanted.join();
  }
}
