/** What a fault cost, from what became of all that was asked meanwhile. Pure. */
import type { Answered } from "../../test/cluster/steadyClient";

/** Writes to Consul, which are no requests of clients. */
export const CONSUL = "consul";

/** An answer that takes longer than this is as bad as none, in milliseconds: of clients, and of Consul, where every lock waits for it. */
const SOON_MS = 2000;
const SOON_IN_CONSUL_MS = 1000;

/** Whether whoever asked was kept from going on. */
export function isDisturbed({ kind, milliseconds, reason }: Answered): boolean {
  return reason !== undefined || milliseconds > (kind === CONSUL ? SOON_IN_CONSUL_MS : SOON_MS);
}

const endOf = ({ sentAt, milliseconds }: Answered) => sentAt + milliseconds;

/** Requests of clients that failed after a moment, also those that were under way then. */
export function requestsFailed(answers: Answered[], since: number): number {
  return answers.filter((one) => one.kind !== CONSUL && one.reason !== undefined && endOf(one) > since).length;
}

/**
 * How long after a moment everything was answered well and soon again: of each kind the first good answer to what was sent after all that
 * was not. 0 where nobody was disturbed, null where a kind was not answered well any more.
 */
export function restoredMs(answers: Answered[], since: number): number | null {
  const kinds = new Set(answers.map(({ kind }) => kind));
  const restored = [...kinds].map((kind) =>
    restoredAt(
      answers.filter((one) => one.kind === kind),
      since,
    ),
  );
  return restored.includes(undefined) ? null : Math.max(...(restored as number[]), since) - since;
}

function restoredAt(answers: Answered[], since: number): number | undefined {
  const disturbed = answers.filter((one) => isDisturbed(one) && endOf(one) > since);
  if (disturbed.length === 0) return since;
  const last = Math.max(...disturbed.map(({ sentAt }) => sentAt));
  const good = answers.filter((one) => !isDisturbed(one) && one.sentAt > last).map(endOf);
  return good.length > 0 ? Math.min(...good) : undefined;
}

/** Whether for so many milliseconds each of these kinds has been answered well, and nobody was disturbed. */
export function isSteady(answers: Answered[], kinds: string[], now: number, milliseconds: number): boolean {
  const recent = answers.filter(({ sentAt }) => sentAt > now - milliseconds);
  if (recent.length === answers.length) return false;
  return !recent.some(isDisturbed) && kinds.every((kind) => recent.some((one) => one.kind === kind));
}

/** What failed, by kind and reason, the most frequent first: for whoever looks on. */
export function reasons(answers: Answered[], since: number): string[] {
  const counts = new Map<string, number>();
  for (const one of answers) {
    if (one.reason === undefined || endOf(one) <= since) continue;
    const what = `${one.kind}: ${one.reason.split("\n")[0]}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([what, count]) => `${count} ${what}`);
}

/** The slowest good answer of each kind, in words: likewise. */
export function slowest(answers: Answered[], since: number): string {
  const good = answers.filter((one) => one.reason === undefined && endOf(one) > since);
  const kinds = [...new Set(good.map(({ kind }) => kind))];
  const longest = (kind: string) => Math.max(...good.filter((one) => one.kind === kind).map((one) => one.milliseconds));
  return `slowest good answers: ${kinds.map((kind) => `${kind} ${longest(kind)} ms`).join(", ")}`;
}

/** What was acknowledged and has to be there from then on. */
export class Ledger {
  private readonly acknowledged = new Set<string>();

  add(id: string): void {
    this.acknowledged.add(id);
  }

  get size(): number {
    return this.acknowledged.size;
  }

  /** @returns how many of all that was acknowledged are not held; each is told once */
  settle(held: ReadonlySet<string>): number {
    const lost = [...this.acknowledged].filter((id) => !held.has(id));
    for (const id of lost) this.acknowledged.delete(id);
    return lost.length;
  }
}
