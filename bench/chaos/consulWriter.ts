/** Writes to Consul's key-value store without rest, and knows what was acknowledged. */
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Answered } from "../../test/cluster/steadyClient";
import type { Consul } from "./consul";
import { CONSUL, Ledger } from "./figures";

const INTERVAL_MS = 100;

/**
 * Unlike SteadyWriter it runs on this machine, so that it outlives every host, and writes a key each time, so that each write that is lost
 * is missed. It has all the writes of a run to account for: what a later fault takes away is missed as well.
 */
export class ConsulWriter {
  private readonly prefix = `chaos/${randomBytes(6).toString("hex")}`;
  private readonly ledger = new Ledger();
  private next = 0;
  private ending = new AbortController();
  private writing = Promise.resolve();

  /** Writes through the agent of a host until it is stopped. */
  start(consul: Consul, host: string, onAnswer: (answered: Answered) => void): void {
    this.ending = new AbortController();
    this.writing = this.write(consul, host, onAnswer);
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.writing;
  }

  /** How many writes have been acknowledged and have not been told as lost. */
  get owed(): number {
    return this.ledger.size;
  }

  /** How many of the writes that were acknowledged Consul does not hold, as a host's agent says. */
  async lost(consul: Consul, host: string): Promise<number> {
    const held = await consul.ask<string[]>(host, `kv/${this.prefix}/?keys`).catch(ifNone);
    return this.ledger.settle(new Set(held));
  }

  private async write(consul: Consul, host: string, onAnswer: (answered: Answered) => void): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      const key = `${this.prefix}/${this.next++}`;
      const sentAt = Date.now();
      const reason = await consul.ask<boolean>(host, `kv/${key}`, "PUT", "written").then(
        (done) => (done ? undefined : "refused"),
        (error: Error) => error.message,
      );
      if (reason === undefined) this.ledger.add(key);
      onAnswer({ kind: CONSUL, sentAt, milliseconds: Date.now() - sentAt, reason });
      await pause(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Consul answers 404 where it has none. */
function ifNone(error: Error): string[] {
  if (error.message.startsWith("404")) return [];
  throw error;
}
