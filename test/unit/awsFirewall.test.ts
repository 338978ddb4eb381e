import type { Rule, SecurityGroup } from "../../local/aws/model/model";
import { renderFirewall } from "../../local/aws/network/firewall";

const rule = (more: Partial<Rule>): Rule => ({ protocol: "tcp", cidrs: [], groups: [], ...more });
const group = (id: string, more: Partial<SecurityGroup>): SecurityGroup => ({
  id,
  vpcId: "vpc-1",
  ingress: [],
  egress: [],
  ...more,
});
const render = (securityGroups: SecurityGroup[], interfaces: { address: string; groups: string[] }[] = []) =>
  renderFirewall({ securityGroups, interfaces, resolver: "10.0.0.2", routed: ["10.0.1.10"] });
/** The rules of a chain. */
const chain = (text: string, name: string) =>
  new RegExp(`chain ${name} {\\n([\\s\\S]*?)  }\\n`)
    .exec(text)![1]
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

describe("security groups as a ruleset", () => {
  test("a rule lets in by address, by group, by range and by protocol", () => {
    const ingress = [
      rule({ fromPort: 8300, toPort: 8301, cidrs: ["10.0.0.0/8"], groups: ["sg-b"] }),
      rule({ protocol: "17", fromPort: 53, toPort: 53, cidrs: ["0.0.0.0/0"] }),
      rule({ protocol: "-1", groups: ["sg-a"] }),
      rule({ protocol: "icmp", fromPort: -1, toPort: -1, cidrs: ["0.0.0.0/0"] }),
    ];
    expect(chain(render([group("sg-a", { ingress })]), "sg-a-ingress")).toEqual([
      "ip saddr 10.0.0.0/8 tcp dport 8300-8301 accept",
      "ip saddr @sg-b tcp dport 8300-8301 accept",
      "udp dport 53 accept",
      "ip saddr @sg-a accept",
      "ip protocol icmp accept",
    ]);
  });

  test("what is let out still has to be let in", () => {
    const text = render([group("sg-a", { egress: [rule({ protocol: "-1", cidrs: ["0.0.0.0/0"] })] })]);
    expect(chain(text, "sg-a-egress")).toEqual(["goto ingress"]);
    expect(chain(text, "ingress").at(-1)).toBe("drop");
    expect(chain(text, "egress").at(-1)).toBe("drop");
  });

  test("a rule without a peer lets nobody in", () => {
    expect(chain(render([group("sg-a", { ingress: [rule({ fromPort: 80, toPort: 80 })] })]), "sg-a-ingress")).toEqual(
      [],
    );
  });

  test("an interface is a member of each of its groups", () => {
    const interfaces = [
      { address: "10.0.1.10", groups: ["sg-a", "sg-b"] },
      { address: "10.0.1.11", groups: ["sg-b"] },
    ];
    const text = render([group("sg-b", {}), group("sg-a", {})], interfaces);
    expect(text).toContain("set sg-a {\n    type ipv4_addr\n    elements = { 10.0.1.10 }");
    expect(text).toContain("set sg-b {\n    type ipv4_addr\n    elements = { 10.0.1.10, 10.0.1.11 }");
  });

  test("what is forwarded, comes in or goes out is dropped unless a group lets it", () => {
    const text = render([]);
    expect(chain(text, "forward")[0]).toContain("policy drop");
    expect(chain(text, "input")[0]).toContain("policy drop");
    expect(chain(text, "output")).toContain("ip saddr @interfaces goto egress");
    expect(chain(text, "ingress")[0]).toContain("ip saddr @routed accept");
  });
});
