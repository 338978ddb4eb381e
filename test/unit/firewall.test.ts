/** Where hosts may open connections to, besides each other. */
import { planCluster } from "../../plan";
import type { Rule } from "../../plan/firewall";
import { configured, facts } from "./plan.examples";

const outward = (keys: Record<string, unknown>) => {
  const { egress } = planCluster(configured({ placement: "dedicated", ...keys }), facts, "dev").firewall;
  const toNetwork = (rule: Rule) => ("cidr" in rule.peer ? rule.peer.cidr : undefined);
  return egress.filter(toNetwork).map((rule) => `${rule.group} ${rule.traffic.port} ${toNetwork(rule)}`);
};
const mirror = "https://mirror.example.com:8443/{version}.tar.gz";

test("each kind of host reaches the ports of what it downloads itself, and no others", () => {
  const node = { url: mirror };
  const realm = { registry: "http://npm.example.com:4873/" };
  expect(outward({ node, realm })).toEqual([
    "consul 443 0.0.0.0/0",
    "consul 80 0.0.0.0/0",
    ...["sync", "core-services"].flatMap((tier) => [443, 80, 8443, 4873].map((port) => `${tier} ${port} 0.0.0.0/0`)),
  ]);
});

test("an override that is a tarball's URL is downloaded, too", () => {
  const realm = { registry: "https://npm.example.com/", overrides: { uws: "https://files.example.com:9443/uws.tgz" } };
  const node = { version: "22.0.0", sha256: "0".repeat(64) };
  expect(outward({ realm, node })).toContain("sync 9443 0.0.0.0/0");
});

test("networks that are given take the place of the internet", () => {
  const egressCidrs = ["10.30.0.0/24", "10.31.0.0/24"];
  const rules = outward({ network: { egressCidrs } });
  expect(rules.filter((rule) => rule.startsWith("consul "))).toEqual(
    [443, 80].flatMap((port) => egressCidrs.map((cidr) => `consul ${port} ${cidr}`)),
  );
});

test("AWS's services inside of the VPC are reached by every kind of host, and by nothing else", () => {
  const { firewall } = planCluster(
    configured({ network: { nat: "none" }, consul: { url: mirror }, node: { url: mirror } }),
    facts,
    "dev",
  );
  const names = [...firewall.ingress, ...firewall.egress].map(({ name }) => name);
  expect(names.filter((name) => name.includes("endpoints"))).toEqual([
    "endpoints-tcp-443-from-consul-sync",
    "endpoints-tcp-443-from-core-services",
    "consul-sync-tcp-443-to-endpoints",
    "core-services-tcp-443-to-endpoints",
  ]);
});

test("hosts of a VPC that was there before may ask its name servers, which need not be AWS's", () => {
  const adopt = { vpcId: "vpc-0ad0", privateSubnetIds: ["subnet-0a"], publicSubnetIds: ["subnet-0b", "subnet-0c"] };
  const privateSubnets = [{ id: "subnet-0a", zone: "eu-west-1a", cidr: "172.16.0.0/24" }];
  const dns = (keys: Record<string, unknown>) => {
    const known = { ...facts, adopted: { cidr: "172.16.0.0/16", privateSubnets } };
    const { egress } = planCluster(configured(keys), known, "dev").firewall;
    return egress.filter(({ traffic }) => traffic.port === 53).map(({ name }) => name);
  };
  expect(dns({ network: { adopt } })).toEqual([
    ...["consul-sync-udp-53-to-0.0.0.0/0", "consul-sync-tcp-53-to-0.0.0.0/0"],
    ...["core-services-udp-53-to-0.0.0.0/0", "core-services-tcp-53-to-0.0.0.0/0"],
  ]);
  expect(dns({})).toEqual([]);
});
