import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { BootWatch, parseBootReport } from "../../gates/bootReport";
import { ask } from "../../gates/health";

const report = (changes: Record<string, unknown> = {}) =>
  JSON.stringify({
    host: "consul-01",
    instanceId: "i-1",
    bootId: "b1",
    state: "booting",
    step: "consul",
    steps: [
      { step: "volume", seconds: 1.23 },
      { step: "secrets", seconds: 0.5 },
    ],
    at: "2026-01-02T03:04:05Z",
    ...changes,
  });

describe("following a boot", () => {
  const watch = () => new BootWatch("consul-01", "i-1", 900);
  const observe = (boot: BootWatch, value: string) => boot.observe(parseBootReport(value), 0);

  test("each step is shown once, with how long it took", () => {
    const boot = watch();
    expect(observe(boot, report())).toEqual({
      lines: ["consul-01         volume    1.2 s", "consul-01         secrets   0.5 s"],
    });
    expect(observe(boot, report())).toEqual({ lines: [] });
    const steps = [...JSON.parse(report()).steps, { step: "consul", seconds: 3 }];
    expect(observe(boot, report({ steps }))).toEqual({ lines: ["consul-01         consul    3.0 s"] });
  });

  test("nothing is heard while the parameter is as it was made, or holds another instance's report", () => {
    expect(observe(watch(), "{}")).toEqual({ lines: [] });
    expect(observe(watch(), report({ instanceId: "i-0", state: "ready" }))).toEqual({ lines: [] });
    expect(observe(watch(), report({ instanceId: "i-0", state: "failed" }))).toEqual({ lines: [] });
  });

  test("a boot that is ready ends the waiting", () => {
    expect(observe(watch(), report({ state: "ready", steps: [] }))).toEqual({ lines: [], ending: { ready: true } });
  });

  test("a boot that failed ends it with the step, the host's reason and the last lines of its log", () => {
    const boot = watch();
    observe(boot, report());
    const { ending } = observe(
      boot,
      report({ state: "failed", reason: "digest differs", log: ["fetching", "sha256 0 != 1"] }),
    );
    expect(ending).toEqual({
      ready: false,
      reason: "consul-01 failed at consul: digest differs\n  fetching\n  sha256 0 != 1",
    });
  });

  test("a reboot is shown from its first step on", () => {
    const boot = watch();
    observe(boot, report());
    expect(observe(boot, report({ bootId: "b2", steps: [{ step: "volume", seconds: 2 }] })).lines).toEqual([
      "consul-01         volume    2.0 s",
    ]);
  });

  test("a time-out tells what was heard last, or where to look when nothing was", () => {
    const boot = watch();
    observe(boot, report({ instanceId: "i-0" }));
    expect(boot.timedOut(900)).toContain(
      "nothing was heard from it. Its console may tell why: aws ec2 get-console-output",
    );
    observe(boot, report({ log: ["waiting for a leader"] }));
    expect(boot.timedOut(900)).toBe(
      "consul-01 (i-1) was not ready after 900 seconds: at 2026-01-02T03:04:05Z it was in step consul\n  waiting for a leader",
    );
  });

  test.each(["", "nonsense", '{"state":"ready"}', report({ state: "fine" })])("%j is no report", (value) => {
    expect(() => parseBootReport(value)).toThrow();
  });
});

describe("asking for health", () => {
  const answering = async (status: number, use: (url: URL) => Promise<void>) => {
    const server = createServer((request, response) =>
      response.writeHead(status, { asked: request.headers.host }).end("{}"),
    );
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/health`);
    await use(url).finally(() => new Promise((closed) => server.close(closed)));
  };

  test("200 is healthy", () => answering(200, async (url) => expect(await ask(url)).toEqual({ ok: true })));

  test("anything else is not, and the answer is the reason", () =>
    answering(503, async (url) => expect(await ask(url)).toEqual({ ok: false, reason: "it answered 503" })));

  test("nobody there is a reason too", async () => {
    let gone = new URL("http://127.0.0.1");
    await answering(200, async (url) => void (gone = url));
    expect(await ask(gone)).toEqual({
      ok: false,
      reason: expect.stringContaining("could not be reached: connect ECONNREFUSED"),
    });
  });
});
