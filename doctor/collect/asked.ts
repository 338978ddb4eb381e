import type { Asked } from "../facts";

/** An answer, or the reason why there is none: what is not there must not keep anything else from being asked. */
export async function attempt<T>(ask: () => Promise<T>): Promise<Asked<T>> {
  try {
    return { ok: true, value: await ask() };
  } catch (error) {
    const { name, message } = error as Error;
    // Of a traceback, the last line tells what happened.
    const [first, ...rest] = (message || name).trim().split("\n");
    return { ok: false, reason: [first, ...rest.slice(-1)].join(" ... ").replace(/\.$/, "") };
  }
}
