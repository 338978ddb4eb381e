/** What a change of a number touches: what is added or removed, and nothing else. */
import fc from "fast-check";
import type { Config } from "../../config";
import { type Plan, planCluster } from "../../plan";
import { clusters } from "./plan.examples";

// Compressing user data is nearly all of a plan's cost: what it is made from stands for it.
jest.mock("../../userdata/render", () => ({
  ...jest.requireActual("../../userdata/render"),
  renderUserData: (spec: object) => ({ text: "", base64: JSON.stringify(spec), bytes: 0 }),
}));

const added = { label: "added", workers: 3, allowSingleWorker: false };

/** Another number of one thing, or one group more or less. */
const scalings: ((config: Config, index: number) => Config)[] = [
  (config) => ({ ...config, consul: { ...config.consul, servers: config.consul.servers === 3 ? 5 : 3 } }),
  (config, index) => ({ ...config, coreServices: { ...config.coreServices, nodes: 1 + index } }),
  ({ syncWorkerGroups: groups, ...config }, index) => {
    const changed = index % groups.length;
    const other = (workers: number) => (workers === 3 ? 2 : 3);
    return {
      ...config,
      syncWorkerGroups: groups.map((group, i) => (i === changed ? { ...group, workers: other(group.workers) } : group)),
    };
  },
  ({ syncWorkerGroups: groups, ...config }, index) => {
    const place = index % (groups.length + 1);
    return { ...config, syncWorkerGroups: [...groups.slice(0, place), added, ...groups.slice(place)] };
  },
];

const scaled = fc
  .record({ cluster: clusters, scale: fc.constantFrom(...scalings), index: fc.nat({ max: 7 }) })
  .map(({ cluster: { config, facts }, scale, index }) => {
    const [before, after] = [config, scale(config, index)].map((of) => planCluster(of, facts, "dev"));
    return { before, after };
  });

/** Pairs of what has the same name before and after. */
function inBoth<T extends { name: string }>(before: T[], after: T[]): [T, T][] {
  return before.flatMap((old) => after.filter(({ name }) => name === old.name).map((now): [T, T] => [old, now]));
}

const runs = (host: Plan["hosts"][number]) => host.services.map(({ name }) => name).join();
const holds = (property: (before: Plan, after: Plan) => void) =>
  fc.assert(fc.property(scaled, ({ before, after }) => property(before, after)));

describe("another number of anything", () => {
  test("leaves every host that is there before and after as it is, down to the last byte of its user data", () => {
    holds((before, after) => {
      const stay = inBoth(before.hosts, after.hosts);
      const same = stay.filter(([old, now]) => runs(old) === runs(now));
      for (const [old, now] of same) expect(now).toEqual(old);
      // In colocated placement a worker that is added or removed is on a host that stays.
      expect(stay.length - same.length).toBeLessThanOrEqual(1);
    });
  });

  test("leaves the network as it is, and every security group rule that is there before and after", () => {
    holds((before, after) => {
      expect(after.network).toEqual(before.network);
      for (const direction of ["ingress", "egress"] as const) {
        for (const [old, now] of inBoth(before.firewall[direction], after.firewall[direction])) {
          expect(now).toEqual(old);
        }
      }
    });
  });

  test("leaves the role of every host as it is that runs the same as before", () => {
    holds((before, after) => {
      const same = inBoth(before.hosts, after.hosts).filter(([old, now]) => runs(old) === runs(now));
      const names = same.map(([{ name }]) => name);
      for (const [old, now] of inBoth(before.roles, after.roles))
        if (names.includes(old.name)) expect(now).toEqual(old);
    });
  });
});
