import { z } from "zod";
import type { Quorum } from "../userdata/service";

const instances = z.array(z.object({ host: z.string(), tags: z.array(z.string()), passing: z.boolean() }));

const schema = z.union([
  z.object({ leader: z.null() }),
  z.object({
    leader: z.string(),
    /** As autopilot sees them. */
    servers: z.array(z.object({ name: z.string(), healthy: z.boolean(), voter: z.boolean() })),
    /** Sync workers that have registered themselves, of all groups. */
    sync: instances,
    /** Workers that are to be on hosts that are there, by these hosts' agents: whether or not they have registered. */
    workers: instances,
    /** Core services. */
    core: instances,
  }),
]);

/** What Consul says of the cluster: `host/ask-consul`. */
export type ConsulAnswer = z.infer<typeof schema>;

/** @throws when it is no answer */
export function parseConsulAnswer(printed: string): ConsulAnswer {
  return schema.parse(JSON.parse(printed));
}

/** Who would go. */
export interface Leaver {
  host: string;
  /** Whether it does its part now; the replacement of one that does not takes nothing away. */
  works: boolean;
  /** Other hosts that are known not to work and are replaced after it: they are not waited for. */
  missed: ReadonlySet<string>;
  /** Other hosts of its kind that have reported that they are ready. */
  beside: readonly string[];
}

/** The label of the group of workers that a quorum is. */
const labelOf = (quorum: Quorum) => quorum.slice("sync:".length);

/** Why a host cannot be spared now, one reason for each thing that is amiss beside it; none when it can be. */
export function whyNotSpared(answer: ConsulAnswer, quorums: Quorum[], leaver: Leaver): string[] {
  const { host, works, missed, beside } = leaver;
  if (answer.leader === null) return ["Consul has no leader"];
  const counts = (name: string) => name !== host && !missed.has(name);
  return quorums.flatMap((quorum) => {
    if (quorum === "consul") {
      return answer.servers
        .filter(({ name, healthy, voter }) => counts(name) && !(healthy && voter))
        .map(({ name }) => `Consul does not count ${name} as a healthy voter`);
    }
    if (quorum === "core-services") {
      return unhealthy([...answer.core, ...absent(answer.core, beside)], "core services", counts);
    }
    const label = labelOf(quorum);
    const tag = `label=${label}`;
    // Not every Consul server that is placed with workers carries one; a server that is away is missed as such.
    const group = beside.filter((name) => name.startsWith(`sync-${label}-`));
    const ofGroup = ({ tags }: { tags: string[] }) => tags.includes(tag);
    const workers = [...answer.sync, ...answer.workers].filter(ofGroup);
    const hasMaster = answer.sync.filter(ofGroup).some(({ tags, passing }) => passing && tags.includes("role=master"));
    return [
      ...(works && !hasMaster ? [`no sync worker of ${tag} is the master`] : []),
      ...unhealthy([...workers, ...absent(workers, group)], `the sync worker of ${tag}`, counts),
    ];
  });
}

/** Of hosts that should be registered those that are not: their processes have died, or they start again and their reports are old. */
function absent(found: { host: string }[], wanted: readonly string[]): { host: string; passing: boolean }[] {
  const missing = wanted.filter((name) => !found.some(({ host }) => host === name));
  return missing.map((host) => ({ host, passing: false }));
}

function unhealthy(
  found: { host: string; passing: boolean }[],
  what: string,
  counts: (host: string) => boolean,
): string[] {
  const failing = found.filter(({ host, passing }) => counts(host) && !passing).map(({ host }) => host);
  return [...new Set(failing)].map((host) => `${what} on ${host} fails`);
}

/**
 * What is amiss with those that stay of each quorum that is to lose a member which does its part; nothing where none is to.
 *
 * @param staying the names of the hosts that stay, by what they carry together
 */
export function whyNotFewer(answer: ConsulAnswer, staying: Record<Quorum, string[]>): string[] {
  if (answer.leader === null) return ["Consul has no leader"];
  return (Object.entries(staying) as [Quorum, string[]][]).flatMap(([quorum, hosts]) => {
    const working = workingMembers(answer, quorum);
    if (working.every((host) => hosts.includes(host))) return [];
    return hosts.filter((host) => !working.includes(host)).map((host) => `${host} does not do its part of ${quorum}`);
  });
}

function workingMembers(answer: Exclude<ConsulAnswer, { leader: null }>, quorum: Quorum): string[] {
  if (quorum === "consul") {
    return answer.servers.filter(({ healthy, voter }) => healthy && voter).map(({ name }) => name);
  }
  const members =
    quorum === "core-services"
      ? answer.core
      : answer.sync.filter(({ tags }) => tags.includes(`label=${labelOf(quorum)}`));
  return members.filter(({ passing }) => passing).map(({ host }) => host);
}
