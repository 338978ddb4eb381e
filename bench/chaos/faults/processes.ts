/** A service is killed by `kill -9`, and systemd starts it again. */
import type { Fault } from "../fault";
import type { Roles } from "../roles";

interface Killed {
  name: string;
  what: string;
  unit: string;
  host(roles: Roles): string;
}

/** On which host what it is depends on the role: each service where its loss costs most, and beside others of its kind. */
const KILLED: Killed[] = [
  {
    name: "kill-consul-follower",
    what: "a Consul server that does not lead",
    unit: "consul",
    host: ({ followers }) => followers[0],
  },
  {
    name: "kill-consul-agent-worker",
    what: "the Consul agent of the sync master's host",
    unit: "consul",
    host: ({ master }) => master,
  },
  {
    name: "kill-consul-agent-core",
    what: "the Consul agent of the core host with the Realm directory",
    unit: "consul",
    host: ({ directory }) => directory,
  },
  { name: "kill-sync-master", what: "the sync master", unit: "sync-worker", host: ({ master }) => master },
  { name: "kill-sync-slave", what: "the synchronous slave", unit: "sync-worker", host: ({ slave }) => slave },
  { name: "kill-sync-spare", what: "the spare worker", unit: "sync-worker", host: ({ spare }) => spare },
  {
    name: "kill-core-services",
    what: "the core services of a node",
    unit: "core-services",
    host: ({ otherCore }) => otherCore,
  },
  {
    name: "kill-realm-directory",
    what: "the Realm directory",
    unit: "realm-directory",
    host: ({ directory }) => directory,
  },
];

/** Noticed when the process that was killed is gone from systemd's view. */
function killed({ name, what, unit, host }: Killed): Fault {
  let before = 0;
  return {
    name,
    what: `\`kill -9\` of ${what}`,
    noticed: "systemd sees its end",
    victims: (roles) => [host(roles)],
    async inject(ground) {
      before = await ground.mainProcess(host(ground.roles), unit);
      await ground.kill(host(ground.roles), unit);
    },
    detected: async (ground) => (await ground.mainProcess(host(ground.roles), unit)) !== before,
  };
}

const consulLeader: Fault = {
  name: "kill-consul-leader",
  what: "`kill -9` of the Consul leader",
  noticed: "Consul has another leader",
  victims: ({ leader }) => [leader],
  inject: (ground) => ground.kill(ground.roles.leader, "consul"),
  detected: (ground) => ground.hasOtherLeader(),
};

export const processFaults: Fault[] = [consulLeader, ...KILLED.map(killed)];
