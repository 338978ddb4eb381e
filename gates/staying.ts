import { setTimeout as pause } from "node:timers/promises";
import type { Quorum } from "../userdata/service";
import { type ConsulAnswer, parseConsulAnswer, whyNotFewer } from "./consul";
import { firstAnswer } from "./firstAnswer";
import { isConsulServer } from "./hosts";
import { refuse } from "./refusal";
import type { Patience } from "./servers";
import type { World } from "./world";

/** The names of the hosts that stay, by what they carry together. */
export type Quorums = Record<Quorum, string[]>;

/**
 * Waits until all that stay of each quorum that is to become smaller do their part.
 *
 * @throws when they do not in time, with the reason
 */
export async function awaitStaying(staying: Quorums, world: World, { seconds, intervalMs }: Patience): Promise<void> {
  if (!world.hosts.some(({ boot }) => boot === "ready")) {
    world.say("No host is ready: there is nothing left to break");
    return;
  }
  for (const deadline = performance.now() + seconds * 1000; ; await pause(intervalMs)) {
    const answer = await ask(world);
    const amiss = answer ? whyNotFewer(answer, staying) : ["no host answers what Consul's state is"];
    if (amiss.length === 0) return;
    if (performance.now() > deadline) refuse(`No host can be spared: ${amiss.join("; ")}.`);
  }
}

function ask(world: World): Promise<ConsulAnswer | undefined> {
  return firstAnswer(
    world.hosts.filter(({ name, boot }) => isConsulServer(name) && boot === "ready"),
    async (host) => parseConsulAnswer(await world.run(host, { program: "ask-consul", args: [] })),
    (name, reason) => world.say(`${name} could not be asked about Consul: ${reason}`),
  );
}
