import type { HostFacts, HostProbe } from "../facts";

/** The hosts that answered, with what they said. */
export function probed(hosts: HostFacts[]): { host: HostFacts; probe: HostProbe }[] {
  return hosts.flatMap((host) => (host.probe.ok ? [{ host, probe: host.probe.value.probe }] : []));
}

/** Items by a key, in the order of their first. */
export function groupBy<T>(items: T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
