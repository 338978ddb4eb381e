import type * as pulumi from "@pulumi/pulumi";
import type { Host, HostArgs } from "./Host";

/** A component that is made of one host. */
interface Member {
  host: Host;
  /** What exists once the host does its part again. @default its boot report says that it is ready */
  inService?: pulumi.Resource;
}

/**
 * Makes hosts so that a change replaces the instances of those that exist one at a time, each once the one before does its part again.
 * Broken ones come first, as long as a change of them can mend what is wrong: a healthy host must not be taken from what has lost one
 * already. New ones are no part of it, so that the boots of a new cluster overlap.
 *
 * @param hosts in the order of the plan
 * @param before what must be in service before the first healthy host is replaced
 * @param make is called for broken hosts first, then for new ones, at last for those that work
 * @returns what was made, in the order of the plan
 */
export function inTurn<M extends Member>(
  hosts: HostArgs[],
  before: pulumi.Resource[],
  make: (host: HostArgs) => M,
): M[] {
  const made = new Map<HostArgs, M>();
  const of = (condition: HostArgs["plan"]["condition"]) => hosts.filter(({ plan }) => plan.condition === condition);
  const create = (host: HostArgs, turnAfter: pulumi.Resource[]) => {
    const member = make({ ...host, turnAfter });
    made.set(host, member);
    return member;
  };
  let previous: pulumi.Resource[] = [];
  // They are waited for by the gate of each turn, and not by the graph: two that need each other to boot would never end.
  for (const host of of("broken")) previous = create(host, previous).host.launched;
  for (const host of of("new")) create(host, []);

  previous = [...before, ...[...made.values()].flatMap(inService)];
  for (const host of of("working")) previous = inService(create(host, previous));
  return hosts.map((host) => made.get(host)!);
}

/** What exists once a member does its part. */
export function inService({ host, inService = host.ready }: Member): pulumi.Resource[] {
  return [inService];
}
