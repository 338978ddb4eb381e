import { type ConsulAnswer, whyNotFewer } from "../../gates/consul";
import type { RunningHost } from "../../gates/hosts";
import { type Quorums, awaitStaying } from "../../gates/staying";

type Led = Exclude<ConsulAnswer, { leader: null }>;

const worker = (host: string, label = "default", passing = true) => ({ host, tags: [`label=${label}`], passing });
const whole: Led = {
  leader: "10.0.0.10:8300",
  servers: ["c1", "c2", "c3"].map((name) => ({ name, healthy: true, voter: true })),
  sync: [worker("w1"), worker("w2"), worker("w3"), worker("x1", "other")],
  workers: ["w1", "w2", "w3"].map((host) => worker(host)).concat(worker("x1", "other")),
  core: ["n1", "n2"].map((host) => ({ host, tags: [], passing: true })),
};
const all: Quorums = {
  consul: ["c1", "c2", "c3"],
  "sync:default": ["w1", "w2", "w3"],
  "sync:other": ["x1"],
  "core-services": ["n1", "n2"],
};
const without = (...hosts: string[]): Led => ({
  ...whole,
  servers: whole.servers.map((server) => ({ ...server, healthy: !hosts.includes(server.name) })),
  sync: whole.sync.map((entry) => ({ ...entry, passing: !hosts.includes(entry.host) })),
  core: whole.core.filter(({ host }) => !hosts.includes(host)),
});

describe("hosts that stay", () => {
  test.each([
    ["a worker", { "sync:default": ["w1", "w2"] }, "w2", "w2 does not do its part of sync:default"],
    ["a core node", { "core-services": ["n1"] }, "n1", "n1 does not do its part of core-services"],
    ["a server", { consul: ["c1"] }, "c1", "c1 does not do its part of consul"],
  ])("may be fewer by %s while they do their part, and not otherwise", (_, fewer, broken, reason) => {
    const staying = { ...all, ...fewer } as Quorums;
    expect(whyNotFewer(whole, staying)).toEqual([]);
    expect(whyNotFewer(without(broken), staying)).toEqual([reason]);
  });

  test("need not all do their part where none goes, or where one that goes does not either", () => {
    expect(whyNotFewer(without("w1", "n2", "c3"), all)).toEqual([]);
    expect(whyNotFewer(without("w1", "w3"), { ...all, "sync:default": ["w1", "w2"] })).toEqual([]);
  });

  test("have nothing to do with a group that goes as a whole, nor with another quorum", () => {
    const rest = Object.entries(all).filter(([quorum]) => quorum !== "sync:other");
    const staying = Object.fromEntries(rest) as Quorums;
    expect(whyNotFewer(without("x1"), staying)).toEqual([]);
    expect(whyNotFewer(without("n1"), { ...all, "sync:default": ["w1", "w2"] })).toEqual([]);
  });

  test("are waited for, and named when they do not come", async () => {
    const host: RunningHost = { name: "consul-01", instanceId: "i-1", boot: "ready" };
    const fewer: Quorums = { ...all, "sync:default": ["w1", "w2"] };
    const world = (...answers: ConsulAnswer[]) => {
      let asked = 0;
      const run = () => Promise.resolve(JSON.stringify(answers[Math.min(asked++, answers.length - 1)]));
      return { hosts: [host], run, say: () => undefined };
    };
    const patience = { seconds: 0.05, intervalMs: 1 };
    await awaitStaying(fewer, world({ leader: null }, without("w1"), whole), { ...patience, seconds: 10 });
    await expect(awaitStaying(fewer, world(without("w1")), patience)).rejects.toThrow(
      "No host can be spared: w1 does not do its part of sync:default.\nMend what is amiss",
    );
    await awaitStaying(fewer, { ...world({ leader: null }), hosts: [{ ...host, boot: "failed" }] }, patience);
  });
});
