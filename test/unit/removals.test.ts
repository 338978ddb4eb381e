import { planCluster } from "../../plan";
import type { Facts, RealmsFate } from "../../plan/facts";
import { configured, facts } from "./plan.examples";

const leaving = (fates: Record<string, RealmsFate>): Facts => ({ ...facts, leaving: new Map(Object.entries(fates)) });
const refusal = (discardData: string[], fates: Record<string, RealmsFate>) => {
  try {
    planCluster(configured({ discardData }), leaving(fates), "dev");
    return "none";
  } catch (error) {
    return (error as Error).message;
  }
};

describe("a host with Realms that is to go", () => {
  test("is refused when these would be deleted, unless it is named", () => {
    const fates = { "sync-a-02": "delete", "sync-a-03": "delete" } as const;
    expect(refusal(["sync-a-03"], fates)).toBe(
      "the configuration has a fault:\n" +
        "  realm-cluster:discardData does not name sync-a-02, which is to go and would take its Realms along: " +
        'add "sync-a-02"; or, to keep them, leave the host, set retainData to true and run pulumi up before you remove it',
    );
    expect(refusal(["sync-a-02", "sync-a-03"], fates)).toBe("none");
  });

  test("goes when they stay, and is refused when it was named too late", () => {
    const fates = { "sync-a-03": "keep" } as const;
    expect(refusal([], fates)).toBe("none");
    expect(refusal(["sync-a-03"], fates)).toMatch(
      /discardData names sync-a-03, which is to go and would leave its Realms all the same, .*: leave the host and run/,
    );
  });
});

test("a name without a host is no fault, for the host has gone", () => {
  expect(refusal(["sync-a-03"], {})).toBe("none");
});

describe("the data of hosts that stay", () => {
  const fates = (keys: Record<string, unknown>) =>
    planCluster(configured({ placement: "dedicated", ...keys }), facts, "dev").hosts.map(
      ({ name, keepsData, protectsData }) => [name, keepsData, protectsData],
    );

  test("is kept and protected as the cluster's is, save that of those that are named", () => {
    const discardData = ["sync-default-02"];
    const all = fates({ retainData: true, deletionProtection: true, discardData });
    expect(all.filter(([, keeps]) => !keeps)).toEqual([["sync-default-02", false, false]]);
    expect(all.filter(([, , protects]) => !protects)).toEqual([["sync-default-02", false, false]]);
    expect(fates({ retainData: false }).filter(([, keeps]) => keeps)).toEqual([]);
  });

  test("is Realms where a worker is", () => {
    const holders = (keys: Record<string, unknown>) =>
      planCluster(configured({ ...keys, consul: { servers: 5 } }), facts, "dev")
        .hosts.filter(({ holdsRealms }) => holdsRealms)
        .map(({ name }) => name);
    expect(holders({ placement: "colocated" })).toEqual(["consul-01", "consul-02", "consul-03"]);
    expect(holders({ placement: "dedicated" })).toEqual(["sync-default-01", "sync-default-02", "sync-default-03"]);
  });
});
