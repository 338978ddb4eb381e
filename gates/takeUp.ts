import { wasDenied } from "./awsErrors";
import type { HostScript } from "./hostScript";
import { type RunningHost, isConsulServer } from "./hosts";
import type { World } from "./world";

/** Whether a host can be counted on: others read their secrets again by themselves, at their next attempt to boot. */
export const isUp = ({ boot }: RunningHost) => boot === "ready" || boot === "booting";

/**
 * Has all hosts that run take up secrets whose values have changed. A host that has them already does nothing.
 *
 * @param secrets their names
 * @param pace `together`: all hosts at the same time. `oneByOne`: a host when the one before is ready again
 * @throws when a host did not, with its reason; what others have done stays done
 */
export async function takeUp(secrets: string[], pace: "together" | "oneByOne", world: World): Promise<void> {
  for (const { name, boot } of world.hosts.filter((host) => !isUp(host))) {
    world.say(`${name} is not ready (its boot is ${boot}): it reads its secrets when it tries again`);
  }
  const hosts = world.hosts.filter(isUp);
  const script: HostScript = { program: "take-up-secrets", args: secrets };
  const one = async (host: RunningHost): Promise<string[]> => {
    const began = performance.now();
    try {
      await world.run(host, script);
    } catch (error) {
      if (wasDenied(error)) throw error;
      return [`${host.name} did not take up ${secrets.join(", ")}: ${(error as Error).message}`];
    }
    world.say(`${host.name} has ${secrets.join(", ")} after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    return [];
  };
  if (pace === "together") fail((await Promise.all(hosts.map(one))).flat());
  else for (const host of hosts) fail(await one(host));
}

/**
 * Changes Consul's gossip key while Consul works: all agents learn it and encrypt with it, then every host stores it, and at last all forget
 * the old one. So an agent that restarts meanwhile comes back with a key that the others understand, or is restarted with the new one.
 *
 * @param secretPath where the secrets are among the SSM parameters
 * @throws when a step failed, with its reason; the next run goes through all of them again
 */
export async function rotateGossipKey(secretPath: string, world: World): Promise<void> {
  const through = world.hosts.find(({ name, boot }) => isConsulServer(name) && boot === "ready");
  if (!through) {
    world.say("No Consul server is ready: hosts read the new key when they boot");
    return;
  }
  const step = async (task: "use" | "settle") => {
    try {
      world.say((await world.run(through, { program: "gossip-key", args: [task, secretPath] })).trim());
    } catch (error) {
      if (wasDenied(error)) throw error;
      fail([`Consul's gossip key could not be changed through ${through.name}: ${(error as Error).message}`]);
    }
  };
  await step("use");
  await takeUp(["gossip-key"], "together", world);
  await step("settle");
}

function fail(reasons: string[]): void {
  if (reasons.length === 0) return;
  const advice = "Mend the host, or terminate its instance; the next update goes on from here.";
  throw new Error([...reasons, advice].join("\n"));
}
