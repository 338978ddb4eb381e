/** Sees what the services of a cluster really send each other, in the network of its VPC, behind the security groups. */
import { vpcNamespace } from "../../local/aws/network/names";
import { localName } from "../../local/cluster/paths";
import { run } from "../../local/process";

/** A table of its own beside that of the security groups: what they let pass is counted by who sent it to whom, and to which port. */
const TABLE = `
table ip witness
delete table ip witness
table ip witness {
  set seen {
    type ipv4_addr . ipv4_addr . inet_proto . inet_service
    size 65535
    flags dynamic
    counter
  }
  chain on {
    type filter hook postrouting priority 300
    meta l4proto { tcp, udp } update @seen { ip saddr . ip daddr . meta l4proto . th dport }
  }
  chain delivered {
    type filter hook input priority 300
    meta l4proto { tcp, udp } update @seen { ip saddr . ip daddr . meta l4proto . th dport }
  }
}
`;

/** Packets that passed. */
export interface Passed {
  from: string;
  to: string;
  protocol: string;
  port: number;
  packets: number;
}

export class TrafficWitness {
  private constructor(private readonly namespace: string) {}

  static async start(vpcId: string): Promise<TrafficWitness> {
    const witness = new TrafficWitness(vpcNamespace(localName, vpcId));
    await witness.nft(["--file", "-"], TABLE);
    return witness;
  }

  /** What it has seen until now. */
  async seen(): Promise<Passed[]> {
    const listing = JSON.parse(await this.nft(["--json", "list", "set", "ip", "witness", "seen"])) as {
      nftables: {
        set?: {
          elem?: { elem: { val: { concat: [string, string, string, number] }; counter: { packets: number } } }[];
        };
      }[];
    };
    const elements = listing.nftables.flatMap(({ set }) => set?.elem ?? []);
    return elements.map(({ elem: { val, counter } }) => {
      const [from, to, protocol, port] = val.concat;
      return { from, to, protocol, port, packets: counter.packets };
    });
  }

  async stop(): Promise<void> {
    await this.nft(["delete", "table", "ip", "witness"]);
  }

  private nft(args: string[], input?: string): Promise<string> {
    return run("ip", ["netns", "exec", this.namespace, "nft", ...args], { input });
  }
}
