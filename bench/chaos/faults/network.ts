/** The network is cut, in parts or in one direction, or comes and goes. */
import { type Cut, around, between } from "../cuts";
import type { Fault } from "../fault";
import { type Ground, hostsInZoneOf } from "../ground";

const CUT_SECONDS = 30;

const others = (ground: Ground, some: string[]) => ground.hosts.filter((host) => !some.includes(host));

/** Cuts hosts off from all others; clients still reach them through the load balancer. */
const apart = (ground: Ground, ...hosts: string[]): Cut[] =>
  between(ground.addresses(...hosts), ground.addresses(...others(ground, hosts)));

const healed = async (ground: Ground): Promise<void> => {
  await ground.seconds(CUT_SECONDS);
  await ground.cut();
};

const otherLeader = {
  noticed: "Consul has another leader",
  detected: (ground: Ground) => ground.hasOtherLeader(),
};
const masterGone = {
  noticed: "Consul counts it as failed",
  detected: (ground: Ground) => ground.isGone(ground.roles.master),
};

export const networkFaults: Fault[] = [
  {
    ...otherLeader,
    name: "partition-consul-leader",
    what: `the Consul leader's host is cut off from all others for ${CUT_SECONDS} s`,
    victims: ({ leader }) => [leader],
    inject: (ground) => ground.cut(...apart(ground, ground.roles.leader)),
    end: healed,
  },
  {
    ...masterGone,
    name: "partition-sync-master",
    what: `the sync master's host is cut off from all others for ${CUT_SECONDS} s`,
    victims: ({ master }) => [master],
    inject: (ground) => ground.cut(...apart(ground, ground.roles.master)),
    end: healed,
  },
  {
    ...masterGone,
    name: "partition-minority",
    what: `the zone of the sync master is cut off from the two others for ${CUT_SECONDS} s`,
    victims: ({ master }, hosts) => hostsInZoneOf(hosts, master),
    inject: (ground) => ground.cut(...apart(ground, ...ground.hostsInZoneOf(ground.roles.master))),
    end: healed,
  },
  {
    name: "partition-core-from-consul",
    what: `the core host with the Realm directory is cut off from all Consul servers for ${CUT_SECONDS} s`,
    noticed: "its agent knows no leader",
    victims: ({ directory }) => [directory],
    inject: (ground) =>
      ground.cut(
        ...between(ground.addresses(ground.roles.directory), ground.addresses(...ground.hostsWith("consul-server"))),
      ),
    detected: (ground) => ground.isCutOff(ground.roles.directory),
    end: healed,
  },
  {
    ...otherLeader,
    name: "one-way-consul-leader",
    what: `the Consul leader's host hears no other host for ${CUT_SECONDS} s, and they hear it`,
    victims: ({ leader }) => [leader],
    inject: (ground) => {
      const { leader } = ground.roles;
      return ground.cut({ from: ground.addresses(...others(ground, [leader])), to: ground.addresses(leader) });
    },
    end: healed,
  },
  {
    ...masterGone,
    name: "one-way-sync-master",
    what: `no other host hears the sync master's for ${CUT_SECONDS} s, and it hears them`,
    victims: ({ master }) => [master],
    inject: (ground) => {
      const { master } = ground.roles;
      return ground.cut({ from: ground.addresses(master), to: ground.addresses(...others(ground, [master])) });
    },
    end: healed,
  },
  {
    ...otherLeader,
    name: "flap-consul-leader",
    what: "the link of the Consul leader's host is down for 2 s and up for 3 s, eight times",
    victims: ({ leader }) => [leader],
    inject: async () => undefined,
    end: (ground) => ground.flap(around(ground.addresses(ground.roles.leader)), 8, 2, 3),
  },
  {
    ...masterGone,
    name: "flap-sync-master",
    what: "the link of the sync master's host is down for 2 s and up for 3 s, eight times",
    victims: ({ master }) => [master],
    inject: async () => undefined,
    end: (ground) => ground.flap(around(ground.addresses(ground.roles.master)), 8, 2, 3),
  },
  {
    name: "flap-target",
    what: "the core services of a node are killed every 4 s for 40 s, so that the load balancer's target comes and goes",
    noticed: "the load balancer sends nobody to it",
    victims: ({ otherCore }) => [otherCore],
    inject: (ground) => ground.kill(ground.roles.otherCore, "core-services"),
    detected: (ground) => ground.isOutOfTurn(ground.roles.otherCore),
    async end(ground) {
      for (let time = 0; time < 10; time++) {
        await ground.seconds(4);
        await ground.kill(ground.roles.otherCore, "core-services");
      }
    },
  },
];
