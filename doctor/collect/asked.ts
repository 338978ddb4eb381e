import type { Asked } from "../facts";

/** An answer, or the reason why there is none: what is not there must not keep anything else from being asked. */
export async function attempt<T>(ask: () => Promise<T>): Promise<Asked<T>> {
  try {
    return { ok: true, value: await ask() };
  } catch (error) {
    const { name, message } = error as Error;
    return { ok: false, reason: (message || name).split("\n")[0].replace(/\.$/, "") };
  }
}
