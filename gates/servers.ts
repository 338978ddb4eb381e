import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { wasDenied } from "./awsErrors";
import { firstAnswer } from "./firstAnswer";
import type { HostScript } from "./hostScript";
import type { RunningHost } from "./hosts";
import { refuse } from "./refusal";
import type { World } from "./world";

const schema = z.union([
  z.object({ leader: z.null() }),
  z.object({
    leader: z.string(),
    /** Those that raft counts. One that gossip has forgotten has the name `(unknown)`. */
    servers: z.array(z.object({ name: z.string(), id: z.string(), healthy: z.boolean() })),
  }),
]);

type Server = { name: string; id: string; healthy: boolean };

/** How long Consul may take to be as it must be before the next step, and how often it is asked. */
export interface Patience {
  seconds: number;
  intervalMs: number;
}

/**
 * Has the Consul servers that are to go leave while their instances still run: one at a time, the last one first, each while Consul counts
 * all that stay as healthy voters. So the quorum becomes smaller before its servers become fewer.
 *
 * @param stay names of the servers that stay
 * @throws when one cannot be spared, or does not leave, with the reason; those after it have not been touched
 */
export async function settleServers(stay: string[], world: World, patience: Patience): Promise<void> {
  const staying = world.hosts.filter(({ name, boot }) => stay.includes(name) && boot === "ready");
  if (staying.length === 0) {
    world.say("No Consul server that stays is ready: there is no quorum to settle");
    return;
  }
  await new Settlement(stay, staying, world, patience).settle();
}

class Settlement {
  /** Ids of those that have left. */
  private readonly left = new Set<string>();

  constructor(
    private readonly stay: string[],
    private readonly staying: RunningHost[],
    private readonly world: World,
    private readonly patience: Patience,
  ) {}

  async settle(): Promise<void> {
    await this.takeBack();
    for (;;) {
      const servers = await this.whole();
      const leaver = this.going(servers)
        .sort((a, b) => a.name.localeCompare(b.name))
        .pop();
      if (leaver === undefined) return;
      await this.remove(leaver);
      this.left.add(leaver.id);
      this.world.say(`${leaver.name} has left Consul; servers that it counts now: ${servers.length - 1}`);
    }
  }

  /** An update that was given up may have left servers behind that have left, and stay now. */
  private async takeBack(): Promise<void> {
    const known = (await this.ask())?.map(({ name }) => name);
    if (known === undefined) return;
    for (const host of this.staying.filter(({ name }) => !known.includes(name))) {
      await this.world.run(host, { program: "consul-server", args: ["return"] });
    }
  }

  private going(servers: Server[]): Server[] {
    return servers.filter(({ name }) => !this.stay.includes(name));
  }

  /** Waits until Consul counts all that stay as healthy voters, and none that has left; not where nobody is to leave. */
  private async whole(): Promise<Server[]> {
    const { seconds, intervalMs } = this.patience;
    for (const deadline = performance.now() + seconds * 1000; ; await pause(intervalMs)) {
      const servers = await this.ask();
      const amiss = servers ? this.amiss(servers) : ["no server tells who leads it"];
      const going = this.going(servers ?? []).map(({ name }) => name);
      if (servers && (amiss.length === 0 || (going.length === 0 && this.left.size === 0))) return servers;
      if (performance.now() > deadline) {
        refuse(`Consul cannot spare a server${going.length > 0 ? ` (${going.join(", ")})` : ""}: ${amiss.join("; ")}.`);
      }
    }
  }

  private amiss(servers: Server[]): string[] {
    const healthy = (name: string) => servers.some((server) => server.name === name && server.healthy);
    return [
      ...this.stay.filter((name) => !healthy(name)).map((name) => `it does not count ${name} as a healthy voter`),
      ...servers.filter(({ id }) => this.left.has(id)).map(({ name }) => `it still counts ${name}, which has left`),
    ];
  }

  private async remove({ name, id, healthy }: Server): Promise<void> {
    const host = this.world.hosts.find((candidate) => candidate.name === name);
    try {
      if (host) await this.world.run(host, { program: "consul-server", args: ["leave"] });
    } catch (error) {
      // One that is dead cannot say farewell, and takes nothing away.
      if (healthy) refuse(`${name} did not leave Consul: ${(error as Error).message}`);
    }
    await this.through({ program: "consul-server", args: ["forget", name, id] });
  }

  /** The servers that raft counts; undefined without a leader, or where nobody answers. */
  private async ask(): Promise<Server[] | undefined> {
    try {
      const answer = schema.parse(JSON.parse(await this.through({ program: "consul-server", args: ["list"] })));
      return "servers" in answer ? answer.servers : undefined;
    } catch (error) {
      if (wasDenied(error)) throw error;
      this.world.say(`Consul could not be asked for its servers: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** Runs it on the first server that stays and can. */
  private async through(script: HostScript): Promise<string> {
    const reasons: string[] = [];
    const printed = await firstAnswer(
      this.staying,
      (host) => this.world.run(host, script),
      (name, reason) => reasons.push(`${name}: ${reason}`),
    );
    if (printed !== undefined) return printed;
    throw new Error(reasons.join("; "));
  }
}
