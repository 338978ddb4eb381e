/** Waiting for AWS, whose APIs have no events: asking again, a little less often each time. */
import { setTimeout as delay } from "node:timers/promises";
import type { Aws } from "./context";
import { codeOf, isGone } from "./errors";

const MINUTE = 60_000;

/** How a wait goes on after one look. */
export type Look = { done: true } | { done: false; state: string } | { failed: string };

/** Looks until it is done. `what` names the thing in the error of a wait that failed, or took longer than it may by default. */
export async function until(aws: Aws, what: string, minutes: number, look: () => Promise<Look>): Promise<void> {
  const limit = aws.timeoutSeconds * 1000 || minutes * MINUTE;
  const deadline = Date.now() + limit;
  let state = "";
  for (let pause = 250; Date.now() < deadline; pause = Math.min(pause * 1.5, 3000)) {
    const seen = await look();
    if ("failed" in seen) throw new Error(`waiting for ${what}: ${seen.failed}`);
    if (seen.done) return;
    state = seen.state;
    await delay(pause, undefined, { signal: aws.signal });
  }
  throw new Error(`waiting for ${what}: timeout while waiting (last state: '${state}', timeout: ${limit / 1000}s)`);
}

/** Waits until a thing that is being deleted is gone. */
export function untilGone(
  aws: Aws,
  what: string,
  minutes: number,
  state: () => Promise<string | undefined>,
): Promise<void> {
  return until(aws, what, minutes, async () => {
    try {
      const seen = await state();
      return seen === undefined ? { done: true } : { done: false, state: seen };
    } catch (error) {
      if (isGone(error)) return { done: true };
      throw error;
    }
  });
}

/** Tries again while the service answers in one of these ways: something that it depends on is not there, or not gone, yet. */
export async function retrying<T>(
  aws: Aws,
  when: string[] | ((error: unknown) => boolean),
  minutes: number,
  work: () => Promise<T>,
): Promise<T> {
  const passing = typeof when === "function" ? when : (error: unknown) => when.includes(codeOf(error));
  const deadline = Date.now() + minutes * MINUTE;
  for (let pause = 250; ; pause = Math.min(pause * 1.5, 3000)) {
    try {
      return await work();
    } catch (error) {
      if (!passing(error) || Date.now() > deadline) throw error;
    }
    await delay(pause, undefined, { signal: aws.signal });
  }
}
