/** What `npm run chaos` makes of what it has seen. */
import { join } from "node:path";
import { type Cut, around, between, renderCuts } from "../../bench/chaos/cuts";
import { faults } from "../../bench/chaos/faults";
import { CONSUL, Ledger, isSteady, reasons, requestsFailed, restoredMs } from "../../bench/chaos/figures";
import { type Ground, hostsInZoneOf, hostsWith } from "../../bench/chaos/ground";
import type { Roles } from "../../bench/chaos/roles";
import { type Row, withRow } from "../../bench/chaos/rows";
import { renderMarkdown } from "../../bench/chaos/table";
import { readKept } from "../../bench/kept";
import type { HostOutput } from "../../local/cluster/outputs";
import type { Answered } from "../cluster/steadyClient";
import { cells, shown } from "./readmeTables";

const ok = (kind: string, sentAt: number, milliseconds = 10): Answered => ({ kind, sentAt, milliseconds });
const failed = (kind: string, sentAt: number, milliseconds = 10): Answered => ({
  ...ok(kind, sentAt, milliseconds),
  reason: "503",
});
const row = (fault: string, more: Partial<Row> = {}): Row => ({
  ...{ fault, survived: true, detectedMs: 1234, restoredMs: 5678, requestsFailed: 3, lost: 0, hands: 0 },
  ...more,
});

describe("the time until service is restored", () => {
  test("is none where nobody was disturbed, whatever was before", () => {
    expect(restoredMs([failed("login", 100), ok("login", 1100), ok("login", 2100)], 1000)).toBe(0);
  });

  test("ends with the first good answer to what was sent after the last that failed, of the kind that took longest", () => {
    const health = [failed("health", 1100), ok("health", 1600)];
    const login = [failed("login", 1200), ok("login", 1700), failed("login", 2200), ok("login", 2700, 300)];
    expect(restoredMs([...health, ...login], 1000)).toBe(2000);
  });

  test("is not made longer by a request that hangs while others are answered", () => {
    expect(restoredMs([failed("login", 900, 60_000), ok("login", 1400), ok("login", 1900)], 1000)).toBe(410);
  });

  test("counts an answer that comes late as none, sooner for Consul", () => {
    expect(restoredMs([ok("login", 1100, 1500), ok("login", 1600)], 1000)).toBe(0);
    expect(restoredMs([ok("login", 1100, 2500), ok("login", 1600)], 1000)).toBe(610);
    expect(restoredMs([ok(CONSUL, 1100, 1500), ok(CONSUL, 2700)], 1000)).toBe(1710);
  });

  test("is not known where a kind is not answered well any more", () => {
    expect(restoredMs([ok("health", 1500), failed("login", 1500)], 1000)).toBeNull();
  });
});

describe("every fault", () => {
  const hosts = ["consul-01", "consul-02", "consul-03", "sync-01", "sync-02", "sync-03", "core-01", "core-02"].map(
    (name) => ({ name, zone: name.slice(-1), services: [name.startsWith("core") ? "core-services" : "consul-server"] }),
  ) as HostOutput[];
  const roles: Roles = {
    ...{ leader: "consul-02", followers: ["consul-01", "consul-03"] },
    ...{ master: "sync-02", slave: "sync-03", spare: "sync-01", directory: "core-02", otherCore: "core-01" },
  };

  /** A cluster in which everything that somebody waits for has happened; remembers which hosts were broken, and which are so still. */
  function fakeGround() {
    const [broken, off] = [new Set<string>(), new Set<string>()];
    let cuts: Cut[] = [];
    const breaks = async (...names: string[]) => names.forEach((name) => broken.add(name));
    const turnOff = async (...names: string[]) => {
      await breaks(...names);
      names.forEach((name) => off.add(name));
    };
    const cut = async (...made: Cut[]) => {
      cuts = made;
      // Who is cut off is on the smaller side.
      for (const { from = hosts, to = hosts } of made)
        await breaks(...((from.length < to.length ? from : to) as string[]));
    };
    const ground = {
      ...{ roles, bystander: "nobody", hosts: hosts.map(({ name }) => name) },
      hostsWith: (service: string) => hostsWith(hosts, service),
      hostsInZoneOf: (host: string) => hostsInZoneOf(hosts, host),
      addresses: (...names: string[]) => names,
      ...{ cluster: { exec: (host: string) => breaks(host) }, kill: (host: string) => breaks(host) },
      ...{ reboot: breaks, terminate: breaks },
      ...{ powerOff: turnOff, freeze: turnOff, thaw: () => off.clear() },
      powerOn: async (...names: string[]) => names.forEach((name) => off.delete(name)),
      ...{ cut, flap: (made: Cut[]) => cut(...made).then(() => cut()) },
      ...{ mainProcess: async () => 1, worker: async () => roles.spare, isLeader: async () => true },
      ...{ isQuorumWhole: async () => true, deleteVolume: breaks, replace: async () => undefined },
      seconds: async () => undefined,
    };
    return { ground: ground as unknown as Ground, broken, left: () => [...off, ...cuts] };
  }

  test.each(faults)("$name breaks no host but those that it names, and leaves nothing of it behind", async (fault) => {
    const { ground, broken, left } = fakeGround();
    await fault.inject(ground);
    await fault.end?.(ground);
    expect(broken.size).toBeGreaterThan(0);
    expect(fault.victims(roles, hosts)).toEqual(expect.arrayContaining([...broken]));
    expect(left()).toEqual([]);
  });
});

test("requests that failed are those of clients, also those that were under way", () => {
  const answers = [failed("login", 100), failed("login", 900, 200), failed("sync", 1500), failed(CONSUL, 1500)];
  expect(requestsFailed([...answers, ok("login", 2000)], 1000)).toBe(2);
  expect(reasons(answers, 1000)).toEqual(["1 login: 503", "1 sync: 503", `1 ${CONSUL}: 503`]);
});

test("a cluster is steady while all kinds are answered, well and soon", () => {
  const answers = [failed("login", 1000), ok("login", 3000), ok("health", 3000)];
  expect(isSteady(answers, ["login", "health"], 3500, 1000)).toBe(true);
  expect(isSteady(answers, ["login", "health", "sync"], 3500, 1000)).toBe(false);
  expect(isSteady(answers, ["login", "health"], 3500, 3000)).toBe(false);
  expect(isSteady([...answers, ok("health", 3100, 2100)], ["login", "health"], 5500, 3000)).toBe(false);
});

test("what was acknowledged is missed once it is lost, and told once", () => {
  const ledger = new Ledger();
  for (const id of ["a", "b", "c"]) ledger.add(id);
  expect(ledger.settle(new Set(["a", "b", "c", "never acknowledged"]))).toBe(0);
  expect(ledger.settle(new Set(["a"]))).toBe(2);
  expect(ledger.settle(new Set(["a"]))).toBe(0);
  expect(ledger.settle(new Set())).toBe(1);
});

describe("cuts in the network", () => {
  const rules = (text: string) => [...text.matchAll(/^ {4}(ip .*|drop)$/gm)].map(([, rule]) => rule);

  test("are told before what belongs to a connection is let pass, wherever packets go", () => {
    const text = renderCuts([{ from: ["10.0.0.1"], to: ["10.0.0.2", "10.0.0.3"] }]);
    expect(rules(text)).toEqual(Array(3).fill("ip saddr { 10.0.0.1 } ip daddr { 10.0.0.2, 10.0.0.3 } drop"));
    expect(text.match(/hook (forward|input|output) priority -10;/g)).toHaveLength(3);
    expect(text.startsWith("table ip cuts\ndelete table ip cuts\n")).toBe(true);
  });

  test("are one-way unless they are made both ways", () => {
    expect(new Set(rules(renderCuts(between(["10.0.0.1"], ["10.0.0.2"]))))).toEqual(
      new Set(["ip saddr { 10.0.0.1 } ip daddr { 10.0.0.2 } drop", "ip saddr { 10.0.0.2 } ip daddr { 10.0.0.1 } drop"]),
    );
    expect(new Set(rules(renderCuts(around(["10.0.0.1"]))))).toEqual(
      new Set(["ip saddr { 10.0.0.1 } drop", "ip daddr { 10.0.0.1 } drop"]),
    );
    expect(rules(renderCuts([]))).toEqual([]);
  });
});

describe("the rows", () => {
  test("have a new one in the place of the old one, in the suite's order, and none that the suite does not know", () => {
    const rows = [row("c"), row("gone"), row("b", { lost: 1 })];
    expect(withRow(rows, row("b"), ["a", "b", "c"])).toEqual([row("b"), row("c")]);
    expect(withRow(rows, row("a"), ["a", "b", "c"]).map(({ fault }) => fault)).toEqual(["a", "b", "c"]);
  });

  test("say in the table what was done, and that a fault was not survived", () => {
    const told = [
      { name: "a", what: "a dies", noticed: "somebody sees it" },
      { name: "b", what: "b dies", noticed: "nobody does", restoredFrom: "end" as const },
    ];
    const rows = [row("a"), row("b", { survived: false, detectedMs: null, restoredMs: null, lost: 2, hands: 1 })];
    expect(renderMarkdown(rows, told).split("\n").slice(2)).toEqual([
      "| a | a dies | yes | 1.2 s: somebody sees it | 5.7 s | 3 | 0 | 0 |",
      "| b | b dies | **no** | not: nobody does | never | 3 | 2 | 1 |",
    ]);
  });

  test("that are kept are those that the README shows", () => {
    const rows = readKept<Row>(join(__dirname, "../../bench/faults.json"));
    const known = faults.map(({ name }) => name);
    expect(known).toEqual([...new Set(known)]);
    expect(rows.map(({ fault }) => fault)).toEqual(known.filter((name) => rows.some(({ fault }) => fault === name)));
    for (const one of rows) expect(Object.keys(one)).toEqual(Object.keys(row("")));
    expect(shown("chaos")).toEqual(cells(renderMarkdown(rows, faults)));
  });
});
