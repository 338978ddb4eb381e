/** What all of a kind have in common is gone, or everything. */
import type { Fault } from "../fault";
import { hostsWith } from "../ground";

const everyCore: Fault = {
  name: "power-every-core",
  what: "every core host loses its power, and has it again after 10 s",
  noticed: "the load balancer sends nobody to any of them",
  victims: (_, hosts) => hostsWith(hosts, "core-services"),
  inject: (ground) => ground.powerOff(...ground.hostsWith("core-services")),
  async detected(ground) {
    const out = ground.hostsWith("core-services").map((host) => ground.isOutOfTurn(host));
    return (await Promise.all(out)).every(Boolean);
  },
  async end(ground) {
    await ground.seconds(10);
    await ground.powerOn(...ground.hostsWith("core-services"));
  },
  restoredFrom: "end",
};

const withoutLeader: Fault = {
  name: "boot-without-leader",
  what: "two of three Consul servers lose their power and a core host and a worker reboot; the servers have power again after 40 s",
  noticed: "the agents know no leader",
  victims: ({ leader, followers, otherCore, spare }) => [leader, followers[0], otherCore, spare],
  async inject(ground) {
    const { leader, followers, otherCore, spare } = ground.roles;
    await ground.powerOff(leader, followers[0]);
    await ground.reboot(otherCore, spare);
  },
  detected: (ground) => ground.isCutOff(ground.bystander),
  async end(ground) {
    await ground.seconds(40);
    await ground.powerOn(ground.roles.leader, ground.roles.followers[0]);
  },
  restoredFrom: "end",
};

const everything: Fault = {
  name: "power-everything",
  what: "all hosts lose their power at once, and have it again after 10 s",
  noticed: "the load balancer sends nobody to any core host",
  victims: (_, hosts) => hosts.map(({ name }) => name),
  inject: (ground) => ground.powerOff(...ground.hosts),
  detected: everyCore.detected,
  async end(ground) {
    await ground.seconds(10);
    await ground.powerOn(...ground.hosts);
  },
  restoredFrom: "end",
};

export const wholeFaults: Fault[] = [everyCore, withoutLeader, everything];
