/** Who can get in: what the network lets through, and what hosts may ask of AWS. */
import { EC2 } from "@aws-sdk/client-ec2";
import { IAM } from "@aws-sdk/client-iam";
import { INTERNET_ADDRESS, SERVICES_ADDRESS } from "../../local/aws/network/addresses";
import type { Plan } from "../../plan";
import { LOAD_BALANCER } from "../../plan/firewall";
import { deployedPlan } from "./deployedPlan";
import { type Deployment, dayTwo, deployed } from "./deployment";
import { type DirectedRule, GroupRules, allRules, plannedLine } from "./groupRules";
import { scan } from "./portScan";
import { type Place, type Reached, inVpc, reach, reachSurely } from "./reach";
import { type Question, questionsOf, roleOf, wronglyAnswered } from "./roleQuestions";
import { Stranger } from "./stranger";
import { describeOnHosts } from "./support";
import { TrafficWitness } from "./trafficWitness";
import { Workload } from "./workload";

jest.setTimeout(5 * 60_000);

/** Two rules at a time, of connections that have nothing to do with each other: one that lets in, and one that lets out elsewhere. */
function inPairs(all: DirectedRule[]): DirectedRule[][] {
  const [into, out] = ["ingress", "egress"].map((direction) => all.filter((rule) => rule.direction === direction));
  const half = Math.floor(out.length / 2);
  return out.map((_, index) => [...into.slice(index, index + 1), out[(index + half) % out.length]]);
}

/** A table for people, of rows that begin with a title. */
const print = (title: string, rows: (string | number)[][]) =>
  console.info([title, ...rows.map((row) => row.join(" | "))].join("\n"));

describeOnHosts("who can get in:", () => {
  let cluster: Deployment;
  let plan: Plan;
  let rules: GroupRules;
  let stranger: Stranger;
  /** The hosts by their names, and in each security group whoever is in it. */
  let hosts: Map<string, Place>;
  let members: Map<string, Place[]>;

  beforeAll(async () => {
    cluster = await deployed(dayTwo);
    plan = await deployedPlan();
    rules = await GroupRules.read(cluster, plan.names.prefix);
    stranger = await Stranger.launch(cluster);
    hosts = new Map(
      cluster.outputs.hosts.map(({ name, address, instanceId }) => [
        name,
        { name, address, run: (argv: string[]) => cluster.local.exec(instanceId, argv) },
      ]),
    );
    const { NetworkInterfaces = [] } = await new EC2(cluster.local.client).describeNetworkInterfaces({
      Filters: [{ Name: "description", Values: ["ELB app/*"] }],
    });
    const balancer = NetworkInterfaces.map(({ PrivateIpAddress }, index) =>
      inVpc(`load-balancer-${index + 1}`, PrivateIpAddress!, stranger.vpcId),
    );
    members = new Map([
      ...plan.hosts.map(({ tier }): [string, Place[]] => [
        tier,
        plan.hosts.filter((host) => host.tier === tier).map(({ name }) => hosts.get(name)!),
      ]),
      [LOAD_BALANCER, balancer],
    ]);
  }, 20 * 60_000);
  afterAll(async () => {
    await rules?.restore();
    await stranger?.end();
  });

  /** Somebody and somebody else whose connection a rule is for. */
  function ends({ direction, rule }: DirectedRule): { from: Place; to: Place } {
    const group = members.get(rule.group)!;
    if ("cidr" in rule.peer) {
      if (direction === "ingress") return { from: stranger.place, to: group[0] };
      const address = rule.traffic.port === 443 ? SERVICES_ADDRESS : INTERNET_ADDRESS;
      return { from: group[0], to: { ...stranger.place, name: address, address } };
    }
    const peer = members.get(rule.peer.group)!;
    const [senders, receivers] = direction === "ingress" ? [peer, group] : [group, peer];
    return { from: senders[0], to: receivers.find((place) => place !== senders[0])! };
  }
  /** What comes of the connection that a rule is for. */
  const asks = (one: DirectedRule, how: typeof reach): Promise<Reached> => {
    const { from, to } = ends(one);
    return how(from, to, one.rule.traffic.protocol, one.rule.traffic.port);
  };

  describe("security groups", () => {
    test("are in EC2 what the plan says, and nothing more", () => {
      expect(rules.lines()).toEqual(allRules(plan.firewall).map(plannedLine).sort());
    });

    test("have no rule that the cluster's own services do not use", async () => {
      const witness = await TrafficWitness.start(stranger.vpcId);
      const workload = await Workload.prepare(cluster);
      await workload.run(members, stranger.place);
      const seen = await witness.seen();
      await witness.stop();
      const addresses = (group: string) => members.get(group)!.map(({ address }) => address);
      const rows = allRules(plan.firewall).map((one): [string, number] => {
        const { group, peer, traffic } = one.rule;
        const outside = one.direction === "egress" ? [SERVICES_ADDRESS, INTERNET_ADDRESS] : [stranger.place.address];
        const others = "group" in peer ? addresses(peer.group) : outside;
        const [senders, receivers] =
          one.direction === "egress" ? [addresses(group), others] : [others, addresses(group)];
        const packets = seen
          .filter(({ protocol, port }) => protocol === traffic.protocol && port === traffic.port)
          .filter(({ from, to }) => senders.includes(from) && receivers.includes(to))
          .reduce((sum, passed) => sum + passed.packets, 0);
        return [plannedLine(one), packets];
      });
      print("rule | packets of the cluster's own", rows);
      expect(rows.filter(([, packets]) => packets === 0)).toEqual([]);
    });

    test("have no rule without which all goes on", async () => {
      const workload = await Workload.prepare(cluster);
      const rows: string[][] = [];
      const wrong: string[] = [];
      let removed: DirectedRule[] = [];
      for (const next of [...inPairs(allRules(plan.firewall)), []]) {
        for (const one of removed) await rules.putBack(one);
        for (const one of next) await rules.remove(one);
        await cluster.local.settled();
        const without = next.map(async (one) => {
          const [reached, broken] = await Promise.all([asks(one, reach), workload.broken(one.rule)]);
          const { from, to } = ends(one);
          rows.push([plannedLine(one), `${from.name} to ${to.name}: ${reached}`, broken || ""]);
          if (reached !== "silent" || broken === false) wrong.push(`${plannedLine(one)}: ${reached} without it`);
        });
        const back = removed.map(async (one) => {
          // Of the realm directory one host listens, and the other refuses: that is an answer, too.
          if ((await asks(one, reachSurely)) === "silent")
            wrong.push(`${plannedLine(one)}: silent when it was put back`);
        });
        await Promise.all([...without, ...back]);
        removed = next;
      }
      print("rule | without it | and then", rows);
      expect(rows).toHaveLength(allRules(plan.firewall).length);
      // Each of the three things that clients do was broken by some rule's absence.
      expect(new Set(rows.map(([, , broken]) => broken).filter(Boolean)).size).toBe(3);
      expect(wrong).toEqual([]);
      expect(await workload.works()).toEqual([]);
    });

    test("let through what the plan says and nothing else: every port, from every host and from a stranger", async () => {
      const all = [...hosts.values()];
      const balancers = members.get(LOAD_BALANCER)!;
      const targetsOf = new Map(
        all.map((from, index) => [from, [...all.filter((to) => to !== from), balancers[index % balancers.length]]]),
      );
      targetsOf.set(stranger.place, [...all, ...balancers]);
      const began = Date.now();
      const { found, packets, lost } = await scan(targetsOf);
      const pairs = [...targetsOf.values()].flat().length;
      const took = ((Date.now() - began) / 1000).toFixed(1);
      console.info(`${pairs} pairs, ${packets} packets, ${lost} lost, ${found.length} ports reached, in ${took} s`);
      const line = ({ from, to, protocol, port }: (typeof found)[number]) => `${from} to ${to} ${protocol} ${port}`;
      const expected = [...targetsOf].flatMap(([from, targets]) => targets.flatMap((to) => allowed(from, to)));
      expect(found.map(line).sort()).toEqual(expected.sort());
      expect(lost).toBe(0);
    });

    /** What one may send to the other, as the plan has it. */
    function allowed(from: Place, to: Place): string[] {
      const groupOf = (place: Place) => [...members].find(([, places]) => places.includes(place))?.[0];
      const [sender, receiver] = [groupOf(from), groupOf(to)];
      const isPeer = ({ peer }: DirectedRule["rule"], group: string | undefined) =>
        "group" in peer ? peer.group === group : peer.cidr === "0.0.0.0/0";
      return plan.firewall.ingress
        .filter((rule) => rule.group === receiver && isPeer(rule, sender))
        .filter(
          ({ traffic }) =>
            sender === undefined ||
            plan.firewall.egress.some(
              (out) =>
                out.group === sender &&
                isPeer(out, receiver) &&
                out.traffic.port === traffic.port &&
                out.traffic.protocol === traffic.protocol,
            ),
        )
        .map(({ traffic }) => `${from.name} to ${to.name} ${traffic.protocol} ${traffic.port}`);
    }

    test("name every port that a host listens on for others", async () => {
      const listening = await Promise.all(
        plan.hosts.map(async ({ name, services }) => {
          const named = services.flatMap(({ ports }) => ports).map(({ protocol, port }) => `${protocol} ${port}`);
          const listens = await cluster.exec(name, "ss -Hlntu | awk '{ print $1, $5 }'");
          const open = listens
            .split("\n")
            .map((line) => /^(tcp|udp) (.+):(\d+)$/.exec(line)!)
            .filter(([, , address]) => !/^(127\.|\[::1\]|127\.0\.0\.53)/.test(address))
            .map(([, protocol, , port]) => `${protocol} ${port}`);
          return { name, unnamed: [...new Set(open)].filter((port) => !named.includes(port)) };
        }),
      );
      expect(listening.filter(({ unnamed }) => unnamed.length > 0)).toEqual([]);
    });
  });

  describe("the role of every host", () => {
    let questions: Map<string, Question[]>;
    beforeAll(async () => (questions = await questionsOf(cluster, plan)));
    const wrong = (host: string) => wronglyAnswered(cluster, host, questions.get(host)!);

    test("reads its own secrets and writes its own boot report, and is refused everything else", async () => {
      const answered = await Promise.all([...questions.keys()].map(async (host) => [host, await wrong(host)] as const));
      print(
        "host | allowed | refused",
        [...questions].map(([host, asked]) => {
          const allowed = asked.filter(({ expected }) => expected);
          return [host, allowed.map(({ what }) => what).join(", "), asked.length - allowed.length];
        }),
      );
      expect(answered.filter(([, list]) => list.length > 0)).toEqual([]);
    });

    test("would not pass with a policy that allows a little more", async () => {
      const iam = new IAM(cluster.local.client);
      const { RoleName } = await roleOf(cluster, "consul-01");
      const named = { RoleName, PolicyName: "too-much" };
      const Resource = `arn:aws:ssm:*:*:parameter${plan.names.secretPath}/auth-key`;
      const statement = { Effect: "Allow", Action: "ssm:GetParameter", Resource };
      const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
      await iam.putRolePolicy({ ...named, PolicyDocument });
      try {
        expect((await wrong("consul-01")).map(({ what }) => what)).toEqual(["reads auth-key"]);
      } finally {
        await iam.deleteRolePolicy(named);
      }
      expect(await wrong("consul-01")).toEqual([]);
    });
  });
});
