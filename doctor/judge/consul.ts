import type { Asked, ConsulProbe, HostFacts } from "../facts";
import { probed } from "./probed";
import { type Finding, type Verdict, count } from "./verdict";

const SERVER = "consul-server";

/** Members, leader and raft peers, against the hosts that there should be. */
export function judgeConsul(hosts: HostFacts[], consul: Asked<ConsulProbe>): Verdict[] {
  if (!consul.ok) {
    const finding: Finding = {
      kind: "consul-silent",
      where: "Consul",
      what: `No host's Consul agent answered: ${consul.reason}.`,
      why: "Without Consul no service finds another one, and no master is elected.",
      action: "See journalctl -u consul on the Consul servers.",
    };
    return [{ check: "Consul", found: "no answer", findings: [finding] }];
  }
  return [judgeMembers(hosts, consul.value), judgeLeader(hosts, consul.value), judgePeers(hosts, consul.value)];
}

function judgeMembers(hosts: HostFacts[], { members }: ConsulProbe): Verdict {
  const stateOf = (name: string) => members.find((member) => member.name === name)?.status;
  const absent = hosts.flatMap(({ name }): Finding[] => {
    const state = stateOf(name);
    if (state === "alive") return [];
    return [
      {
        kind: "consul-member",
        where: name,
        what: state ? `Consul sees it ${state}.` : "Consul does not know it.",
        why: "The services on it are not found by others.",
        action:
          state === "leaving"
            ? `If it is there, a Consul server holds on to an old message of its (hashicorp/serf#662), and it answers to: ${forceLeave(name)}`
            : "See journalctl -u consul on it, and whether ports 8300 and 8301 are open between the hosts.",
      },
    ];
  });
  const strangers = members
    .filter(({ name, status }) => status !== "left" && !hosts.some((host) => host.name === name))
    .map(({ name, address, status }): Finding => ({
      kind: "consul-stranger",
      where: name,
      what: `Consul has a member at ${address} (${status}) that is no host of this stack.`,
      why: status === "alive" ? "Its services take part in the cluster." : "Consul goes on trying to reach it.",
      action: status === "alive" ? "Find out what it is." : `If it was removed on purpose: ${forceLeave(name)}`,
    }));
  const alive = hosts.filter(({ name }) => stateOf(name) === "alive").length;
  return {
    check: "Consul members",
    found: `${alive} of ${hosts.length} alive`,
    findings: [...absent, ...strangers],
  };
}

/** What a person runs who has a session on a Consul server. */
const forceLeave = (name: string) =>
  `sudo consul force-leave -token-file=/etc/realm-cluster/secrets/consul-management ${name} on a Consul server.`;

function judgeLeader(hosts: HostFacts[], { leader, members }: ConsulProbe): Verdict {
  const check = "Consul leader";
  if (!leader) {
    const finding: Finding = {
      kind: "consul-leader",
      where: "Consul",
      what: "There is no leader.",
      why: "Nothing can be registered, locked or elected.",
      action: "Bring back as many servers as make a majority; see journalctl -u consul on each.",
    };
    return { check, found: "none", findings: [finding] };
  }
  const elsewhere = probed(hosts).filter(({ probe }) => probe.consulLeader !== leader);
  const address = leader.slice(0, leader.lastIndexOf(":"));
  return {
    check,
    found: members.find((member) => member.address === address)?.name ?? leader,
    findings: elsewhere.map(({ host, probe }) => ({
      kind: "consul-leader-elsewhere" as const,
      where: host.name,
      what: sees(probe.consulLeader, leader),
      why: "The services on it act on what nobody else sees.",
      action: "Ask again, as an election takes some seconds; then see journalctl -u consul on it.",
    })),
  };
}

function sees(own: string | null, leader: string): string {
  if (own === null) return "Its Consul agent does not answer.";
  return own === ""
    ? "Its Consul agent knows no leader."
    : `Its Consul agent takes ${own} for the leader, not ${leader}.`;
}

function judgePeers(hosts: HostFacts[], { leader, peers }: ConsulProbe): Verdict {
  const servers = hosts.filter(({ services }) => services.includes(SERVER)).map(({ name }) => name);
  const wrong = (where: string, what: string, action: string): Finding => {
    const why = "Each server that raft cannot count on is one that the quorum cannot lose any more.";
    return { kind: "consul-peer", where, what, why, action };
  };
  const healthy = servers.filter((name) => peers.some((peer) => peer.name === name && peer.voter && peer.healthy));
  const found = `${healthy.length} of ${count(servers.length, "voter")} healthy`;
  // Without a leader there is nobody to ask.
  if (!leader) return { check: "Raft peers", found: "unknown without a leader", findings: [] };
  const own = servers.flatMap((name): Finding[] => {
    const peer = peers.find((candidate) => candidate.name === name);
    if (!peer) return [wrong(name, "Raft does not count this server.", "See journalctl -u consul on it.")];
    if (!peer.voter)
      return [wrong(name, "The server has no vote yet.", "Wait 10 s: autopilot promotes what is stable.")];
    if (peer.healthy) return [];
    return [wrong(name, "Autopilot calls the server unhealthy.", "See journalctl -u consul on it, and its disk.")];
  });
  const others = peers
    .filter(({ name }) => !servers.includes(name))
    .map(({ name, address }) =>
      wrong(
        name,
        `Raft counts a server at ${address} that is no Consul server of this stack.`,
        `If it was removed on purpose: consul operator raft remove-peer -address=${address}`,
      ),
    );
  return { check: "Raft peers", found, findings: [...own, ...others] };
}
