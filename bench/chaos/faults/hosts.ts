/** A host dies, hangs, reboots, or is gone for ever. */
import { eventually } from "../../../test/cluster/awsCli";
import type { Fault } from "../fault";
import { type Ground, hostsInZoneOf } from "../ground";
import type { Roles } from "../roles";

/** How long a host is without power, or hangs: longer than all that is to take over for it. */
const AWAY_SECONDS = 40;

interface Kind {
  name: string;
  what: string;
  host(roles: Roles): string;
  noticed: string;
  detected(ground: Ground): Promise<boolean>;
}

const leader: Kind = {
  name: "consul-leader",
  what: "the Consul leader's host",
  host: (roles) => roles.leader,
  noticed: "Consul has another leader",
  detected: (ground) => ground.hasOtherLeader(),
};
const follower: Kind = {
  name: "consul-follower",
  what: "the host of another Consul server",
  host: ({ followers }) => followers[0],
  noticed: "Consul counts it as failed",
  detected: (ground) => ground.isGone(ground.roles.followers[0]),
};
const master: Kind = {
  name: "sync-master",
  what: "the sync master's host",
  host: (roles) => roles.master,
  noticed: "Consul counts it as failed",
  detected: (ground) => ground.isGone(ground.roles.master),
};
const slave: Kind = {
  name: "sync-slave",
  what: "the synchronous slave's host",
  host: (roles) => roles.slave,
  noticed: "Consul counts it as failed",
  detected: (ground) => ground.isGone(ground.roles.slave),
};
const core: Kind = {
  name: "core",
  what: "the core host with the Realm directory",
  host: ({ directory }) => directory,
  noticed: "the load balancer sends nobody to it",
  detected: (ground) => ground.isOutOfTurn(ground.roles.directory),
};

const of = ({ host, noticed, detected }: Kind) => ({
  noticed,
  detected,
  victims: (roles: Roles) => [host(roles)],
});

const powerCut = (kind: Kind): Fault => ({
  ...of(kind),
  name: `power-${kind.name}`,
  what: `${kind.what} loses its power, and has it again after ${AWAY_SECONDS} s`,
  inject: (ground) => ground.powerOff(kind.host(ground.roles)),
  async end(ground) {
    await ground.seconds(AWAY_SECONDS);
    await ground.powerOn(kind.host(ground.roles));
  },
});

const frozen = (kind: Kind): Fault => ({
  ...of(kind),
  name: `freeze-${kind.name}`,
  what: `${kind.what} hangs for ${AWAY_SECONDS} s, and goes on`,
  inject: async (ground) => ground.freeze(kind.host(ground.roles)),
  async end(ground) {
    await ground.seconds(AWAY_SECONDS);
    ground.thaw();
  },
});

const rebooted = (kind: Kind): Fault => ({
  ...of(kind),
  name: `reboot-${kind.name}`,
  what: `${kind.what} reboots`,
  inject: (ground) => ground.reboot(kind.host(ground.roles)),
});

const replaced = (kind: Kind): Fault => ({
  ...of(kind),
  name: `replace-${kind.name}`,
  what: `the instance of ${kind.what} is terminated, and \`pulumi up --refresh\` makes another`,
  inject: (ground) => ground.terminate(kind.host(ground.roles)),
  end: (ground) => ground.replace(),
});

const zone: Fault = {
  name: "power-zone",
  what: `all hosts in the zone of the sync master lose their power, and have it again after ${AWAY_SECONDS} s`,
  noticed: "Consul counts all of them as failed",
  victims: (roles, hosts) => hostsInZoneOf(hosts, roles.master),
  inject: (ground) => ground.powerOff(...ground.hostsInZoneOf(ground.roles.master)),
  async detected(ground) {
    const gone = ground.hostsInZoneOf(ground.roles.master).map((host) => ground.isGone(host));
    return (await Promise.all(gone)).every(Boolean);
  },
  async end(ground) {
    await ground.seconds(AWAY_SECONDS);
    await ground.powerOn(...ground.hostsInZoneOf(ground.roles.master));
  },
};

const twoWorkers: Fault = {
  ...of(master),
  name: "two-sync-masters",
  what: "the sync master's host loses its power, then that of its successor once it has a slave; both have it again 20 s later",
  victims: (roles) => [roles.master, roles.slave],
  inject: (ground) => ground.powerOff(ground.roles.master),
  async end(ground) {
    const first = ground.roles.master;
    await eventually(
      () => ground.worker("slave").catch(() => undefined),
      (found) => found === ground.roles.spare,
      60,
    );
    await ground.powerOff(ground.roles.slave);
    await ground.seconds(20);
    await ground.powerOn(first, ground.roles.slave);
  },
};

const twoLeaders: Fault = {
  ...of(leader),
  name: "two-consul-leaders",
  what: "the Consul leader's host loses its power for 10 s, then that of its successor once the first is a healthy voter again",
  victims: (roles) => [roles.leader, ...roles.followers],
  inject: (ground) => ground.powerOff(ground.roles.leader),
  async end(ground) {
    await ground.seconds(10);
    const { leader, followers } = ground.roles;
    const led = await Promise.all(followers.map((host) => ground.isLeader(host).catch(() => false)));
    const successor = followers[Math.max(led.indexOf(true), 0)];
    await ground.powerOn(leader);
    await eventually(() => ground.isQuorumWhole().catch(() => false), Boolean, 90);
    await ground.powerOff(successor);
    await ground.seconds(10);
    await ground.powerOn(successor);
  },
};

export const hostFaults: Fault[] = [
  ...[leader, follower, master, slave, core].map(powerCut),
  ...[leader, master, core].map(frozen),
  ...[leader, master, core].map(rebooted),
  ...[leader, master, core].map(replaced),
  twoLeaders,
  twoWorkers,
  zone,
];
