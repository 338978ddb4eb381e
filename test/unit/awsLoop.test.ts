import { Loop } from "../../local/aws/reconcile/loop";

/** A body that counts its runs and ends when it is told to. */
function controlled() {
  const runs: { end: () => void; fail: (error: Error) => void }[] = [];
  const body = () => new Promise<void>((end, fail) => runs.push({ end, fail }));
  return { runs, body };
}

describe("the loop", () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test("answers a burst with one run, and what comes meanwhile with one more", async () => {
    const { runs, body } = controlled();
    const loop = new Loop(body, () => {});
    for (let i = 0; i < 5; i++) loop.trigger();
    await jest.advanceTimersByTimeAsync(100);
    expect(runs).toHaveLength(1);
    loop.trigger();
    loop.trigger();
    await jest.advanceTimersByTimeAsync(100);
    expect(runs).toHaveLength(1);
    runs[0].end();
    await jest.advanceTimersByTimeAsync(100);
    expect(runs).toHaveLength(2);
    let settled = false;
    void loop.settled().then(() => (settled = true));
    await jest.advanceTimersByTimeAsync(0);
    expect(settled).toBe(false);
    runs[1].end();
    await jest.advanceTimersByTimeAsync(0);
    expect(settled).toBe(true);
    await loop.stop();
  });

  test("is not put off by triggers that never cease", async () => {
    const { runs, body } = controlled();
    const loop = new Loop(body, () => {});
    for (let i = 0; i < 20; i++) {
      loop.trigger();
      await jest.advanceTimersByTimeAsync(20);
    }
    expect(runs).toHaveLength(1);
    runs[0].end();
    await loop.stop();
  });

  test("tries again after a failure, later each time, until it works", async () => {
    const { runs, body } = controlled();
    const errors: string[] = [];
    const loop = new Loop(body, (error) => errors.push(error.message), 60);
    loop.trigger();
    await jest.advanceTimersByTimeAsync(100);
    runs[0].fail(new Error("one"));
    await jest.advanceTimersByTimeAsync(600);
    expect(runs).toHaveLength(2);
    runs[1].fail(new Error("two"));
    await jest.advanceTimersByTimeAsync(600);
    expect(runs).toHaveLength(2);
    await jest.advanceTimersByTimeAsync(600);
    expect(runs).toHaveLength(3);
    runs[2].end();
    await jest.advanceTimersByTimeAsync(30_000);
    expect(runs).toHaveLength(3);
    expect(errors).toEqual(["one", "two"]);
    await loop.stop();
  });

  test("runs no more once it is stopped", async () => {
    const { runs, body } = controlled();
    const loop = new Loop(body, () => {});
    loop.trigger();
    await loop.stop();
    loop.trigger();
    await jest.advanceTimersByTimeAsync(120_000);
    expect(runs).toHaveLength(0);
  });
});
