import { othersUnderWay } from "../../gates/bootOthers";
import { type BootReport, BootWatch, silentSeconds } from "../../gates/bootReport";
import { consoleLines } from "../../gates/console";

/** What a host said, this many seconds after the first boot began. */
const report = (second: number, changes: Partial<BootReport> = {}): BootReport => ({
  host: "consul-01",
  instanceId: "i-1",
  bootId: "b1",
  state: "booting",
  step: "consul",
  steps: [],
  at: new Date(Date.UTC(2026, 0, 2) + second * 1000).toISOString(),
  ...changes,
});
const failed = (second: number, changes: Partial<BootReport> = {}) =>
  report(second, { state: "failed", reason: "digest differs", ...changes });
const failure = { ready: false, reason: "consul-01 failed at consul: digest differs" };

describe("whoever waits for a host", () => {
  let boot: BootWatch;
  beforeEach(() => {
    boot = new BootWatch("consul-01", "i-1", 900);
  });

  test("is told at once of a failure that happens meanwhile", () => {
    boot.observe(report(0), 0);
    expect(boot.observe(failed(5), 5)).toEqual({ lines: [], ending: failure });
  });

  test("has one that was there before shown, and waits for the next attempt, whose cause may have been mended", () => {
    expect(boot.observe(failed(0), 0)).toEqual({
      lines: ["consul-01         failed at consul: digest differs; it is about to try again"],
    });
    expect(boot.observe(failed(0), 1)).toEqual({ lines: [] });
    expect(boot.observe(report(20, { state: "ready" }), 20)).toEqual({ lines: [], ending: { ready: true } });
  });

  test("fails with the next attempt, or when there is none", () => {
    boot.observe(failed(0), 0);
    expect(boot.observe(failed(20), 20).ending).toEqual(failure);
    const dead = new BootWatch("consul-01", "i-1", 900);
    dead.observe(failed(0), 0);
    expect(dead.observe(failed(0), 299).ending).toBeUndefined();
    expect(dead.observe(failed(0), 300).ending).toEqual(failure);
  });

  test("waits on while others that may help are under way, and for one attempt more when they are not", () => {
    boot.observe(report(0), 0);
    const first = failed(40, { step: "ready" });
    expect(boot.observe(first, 40, ["consul-02 is at volume"]).lines).toEqual([
      "consul-01         failed at ready: digest differs; consul-02 is at volume",
    ]);
    expect(boot.observe(first, 41, ["consul-02 is at volume"])).toEqual({ lines: [] });
    expect(boot.observe(first, 42)).toEqual({ lines: [] });
    expect(boot.observe(failed(95, { step: "ready" }), 95).ending).toMatchObject({ ready: false });
  });

  test("hears nothing for a third of the time and no longer, and never for less than a minute", () => {
    expect([900, 240, 60].map(silentSeconds)).toEqual([300, 80, 60]);
    expect(boot.observe(undefined, 299)).toEqual({ lines: [] });
    expect(boot.observe(report(0, { instanceId: "i-0" }), 300)).toEqual({
      lines: [],
      ending: {
        ready: false,
        reason: "consul-01 (i-1) failed: nothing was heard from it for 300 seconds",
        silent: true,
      },
    });
  });
});

describe("others that may help a host that is not ready", () => {
  const waiting = (reason: string) => failed(100, { host: "core-services-01", step: "ready", reason });
  const at = (second: number, step: string, state: BootReport["state"] = "booting") => report(second, { step, state });
  const underWay = (reason: string, others: Record<string, BootReport | undefined>, now = 100) =>
    othersUnderWay(waiting(reason), new Map(Object.entries(others)), now, 80);

  test("to reach Consul are its servers that boot", () => {
    const others = { "consul-01": at(90, "volume"), "sync-default-01": at(90, "realm"), "core-services-02": undefined };
    expect(underWay("consul-agent was not ready within 40 s", others)).toEqual(["consul-01 is at volume"]);
  });

  test("to reach Consul are none once a server is ready: that one would do", () => {
    const others = { "consul-01": at(0, "ready", "ready"), "consul-04": at(90, "volume") };
    expect(underWay("consul-agent was not ready within 40 s", others)).toEqual([]);
  });

  test("to be useful are the workers, too, and to be a worker none", () => {
    const others = {
      "consul-01": at(0, "ready", "ready"),
      "sync-a-01": at(90, "realm"),
      "core-services-02": undefined,
    };
    expect(underWay("core-services.service ends again and again", others)).toEqual(["sync-a-01 is at realm"]);
    expect(underWay("sync-worker.service ends again and again", others)).toEqual([]);
    expect(underWay("consul.service ends again and again", others)).toEqual([]);
  });

  test.each<[string, BootReport | undefined, number, string[]]>([
    ["has been at a step for long", at(19, "volume"), 100, []],
    ["has taken its last step just now", at(81, "ready"), 100, ["consul-01 is at ready"]],
    ["has taken it a while ago", at(80, "ready"), 100, []],
    ["is ready", at(99, "ready", "ready"), 100, []],
    ["has failed", at(99, "volume", "failed"), 100, []],
    ["has said nothing yet", undefined, 79, ["consul-01 has not reported yet"]],
    ["never says anything", undefined, 80, []],
  ])("one that %s", (_, other, now, expected) => {
    expect(underWay("consul-agent was not ready", { "consul-01": other }, now)).toEqual(expected);
  });

  test("are none where the step is the host's own affair", () => {
    const own = failed(100, { host: "core-services-01", reason: "consul-agent" });
    expect(othersUnderWay(own, new Map([["consul-01", undefined]]), 0, 80)).toEqual([]);
  });
});

test("a console is read without what colours it", () => {
  expect(consoleLines("\u001b[0;32m  OK  \u001b[0m Started x\r\n\r\nlogin: ")).toEqual(["  OK   Started x", "login:"]);
});
