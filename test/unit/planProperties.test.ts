import fc from "fast-check";
import { Netmask } from "netmask";
import { type Plan, planCluster } from "../../plan";
import { LOAD_BALANCER, type Rule } from "../../plan/firewall";
import { clusters } from "./plan.examples";

// Compressing user data is nearly all of a plan's cost, and none of what is asserted here: what it is made from stands for it.
jest.mock("../../userdata/render", () => ({
  ...jest.requireActual("../../userdata/render"),
  renderUserData: (spec: object) => ({ text: "", base64: JSON.stringify(spec), bytes: 0 }),
}));

const holds = (property: (plan: Plan) => void) =>
  fc.assert(fc.property(clusters, ({ config, facts }) => property(planCluster(config, facts, "dev"))));
const distinct = (values: unknown[]) => new Set(values).size === values.length;

describe("for every cluster", () => {
  test("names, boot reports and planned addresses are unique", () => {
    holds(({ hosts }) => {
      expect(distinct(hosts.map(({ name }) => name))).toBe(true);
      expect(distinct(hosts.map(({ bootReport }) => bootReport))).toBe(true);
      expect(distinct(hosts.flatMap(({ address }) => address ?? []))).toBe(true);
    });
  });

  test("subnets lie inside the VPC and do not overlap", () => {
    holds(({ network }) => {
      if (network.kind !== "own") throw new Error("an own network was asked for");
      const subnets = network.zones
        .flatMap(({ privateCidr, publicCidr }) => [privateCidr, publicCidr])
        .map((cidr) => new Netmask(cidr));
      for (const subnet of subnets) {
        expect(new Netmask(network.cidr).contains(subnet)).toBe(true);
        // AWS gives a load balancer no subnet smaller than this.
        expect(subnet.bitmask).toBeLessThanOrEqual(27);
        expect(subnets.filter((other) => other.contains(subnet) || subnet.contains(other))).toEqual([subnet]);
      }
    });
  });

  test("Consul's founders have addresses of their zone's private subnet, and every agent joins by exactly those", () => {
    holds(({ consul, hosts, network }) => {
      const founders = consul.slice(0, 3);
      for (const { zone, address } of founders) {
        const subnet = network.zones.find((candidate) => candidate.zone === zone)?.privateCidr;
        expect(new Netmask(String(subnet)).contains(String(address))).toBe(true);
      }
      const addresses = founders.map(({ address }) => address);
      for (const host of hosts) {
        const founds = founders.includes(host);
        expect(host.address !== undefined).toBe(founds);
        const file = host.services
          .flatMap(({ files }) => files)
          .find(({ path }) => path === "/etc/consul.d/consul.json");
        const { retry_join, bootstrap_expect } = JSON.parse(String(file?.content)) as Record<string, unknown>;
        expect(retry_join).toEqual(addresses);
        expect(bootstrap_expect).toBe(founds ? addresses.length : undefined);
      }
    });
  });

  test("every host has one Consul agent, and a data volume when it keeps state", () => {
    holds(({ hosts }) => {
      for (const { services, volumeGiB } of hosts) {
        expect(services.filter(({ name }) => name === "consul-server" || name === "consul-agent")).toHaveLength(1);
        expect(volumeGiB !== undefined).toBe(services.some(({ stateful }) => stateful));
      }
    });
  });

  test("the members of a group, and of Consul, are spread over the zones as evenly as their number allows", () => {
    holds(({ consul, groups, coreServices, hosts, network }) => {
      const members = groups.map((group) => hosts.filter(({ name }) => group.members.includes(name)));
      for (const peers of [consul, coreServices, ...members]) {
        const counts = network.zones.map(({ zone }) => peers.filter((peer) => peer.zone === zone).length);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }
    });
  });

  test("every group has as many workers as asked for, each with an id of its own", () => {
    fc.assert(
      fc.property(clusters, ({ config, facts }) => {
        const { groups, hosts } = planCluster(config, facts, "dev");
        expect(distinct(groups.map(({ label }) => label))).toBe(true);
        for (const { label, workers } of config.syncWorkerGroups) {
          const members = groups.find((group) => group.label === label)?.members ?? [];
          expect(members).toHaveLength(workers);
          const environments = hosts
            .filter(({ name }) => members.includes(name))
            .flatMap(({ services }) => services.flatMap(({ files }) => files))
            .filter(({ path }) => path === "/etc/realm-cluster/sync-worker.env")
            .map(({ content }) => content);
          expect(environments.every((content) => content.includes(`SYNC_LABEL="${label}"`))).toBe(true);
          expect(distinct(environments) && environments.length === workers).toBe(true);
        }
      }),
    );
  });

  test("each port is open to each host that runs one of its peers, and to no other group", () => {
    holds(({ hosts, firewall }) => {
      const wanted = new Set<string>();
      for (const { tier, services } of hosts) {
        for (const { port, protocol, from } of services.flatMap(({ ports }) => ports)) {
          const sources = hosts
            .filter((host) => host.services.some(({ name }) => from.includes(name)))
            .map((host) => host.tier);
          for (const source of [...sources, ...(from.includes(LOAD_BALANCER) ? [LOAD_BALANCER] : [])]) {
            wanted.add(`${tier} ${protocol} ${port} ${source}`);
          }
        }
      }
      const planned = firewall.ingress
        .filter(({ group }) => group !== LOAD_BALANCER)
        .map(
          ({ group, traffic, peer }) => `${group} ${traffic.protocol} ${traffic.port} ${"group" in peer && peer.group}`,
        );
      expect(planned.sort()).toEqual([...wanted].sort());
      const rules = [...firewall.ingress, ...firewall.egress];
      expect(distinct(firewall.ingress.map(({ name }) => name))).toBe(true);
      expect(distinct(firewall.egress.map(({ name }) => name))).toBe(true);
      expect(rules.filter(({ group }) => !firewall.groups.includes(group))).toEqual([]);
    });
  });

  test("every sender is let out to what it is let into, and to nothing else but the web", () => {
    holds(({ firewall }) => {
      const line = (from: string, traffic: Rule["traffic"], to: string) =>
        `${from} ${traffic.protocol} ${traffic.port} ${to}`;
      const amongGroups = firewall.ingress.flatMap(({ group, peer, traffic }) =>
        "group" in peer ? line(peer.group, traffic, group) : [],
      );
      const out = firewall.egress.flatMap(({ group, peer, traffic }) =>
        "group" in peer ? line(group, traffic, peer.group) : [],
      );
      expect(out.sort()).toEqual(amongGroups.sort());
      const web = firewall.egress.filter(({ peer }) => "cidr" in peer);
      expect(web.map(({ group, traffic }) => `${group} ${traffic.protocol} ${traffic.port}`).sort()).toEqual(
        firewall.groups
          .filter((group) => group !== LOAD_BALANCER)
          .flatMap((group) => [`${group} tcp 443`, `${group} tcp 80`])
          .sort(),
      );
    });
  });

  test("nobody is let in from everywhere but by the load balancer's listeners, and there only if configured", () => {
    fc.assert(
      fc.property(clusters, fc.boolean(), ({ config, facts }, open) => {
        const allowedCidrs = open ? ["0.0.0.0/0"] : ["203.0.113.0/24"];
        const loadBalancer = { ...config.loadBalancer, allowedCidrs };
        const { firewall, loadBalancer: planned } = planCluster({ ...config, loadBalancer }, facts, "dev");
        const everywhere = firewall.ingress.filter(({ peer }) => "cidr" in peer && peer.cidr === "0.0.0.0/0");
        expect(everywhere.map(({ group, traffic }) => `${group} ${traffic.protocol} ${traffic.port}`)).toEqual(
          open ? planned.listenerPorts.map((port) => `${LOAD_BALANCER} tcp ${port}`) : [],
        );
      }),
    );
  });

  test("hosts of one tier run the same services", () => {
    holds(({ hosts }) => {
      for (const tier of new Set(hosts.map((host) => host.tier))) {
        const kinds = hosts
          .filter((host) => host.tier === tier)
          .map(({ services }) => services.map((service) => service.name).join());
        expect(new Set(kinds).size).toBe(1);
      }
    });
  });
});
