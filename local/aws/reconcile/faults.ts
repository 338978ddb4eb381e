export interface Fault {
  /** What failed, as `boot i-...`. */
  what: string;
  message: string;
  /** How often in a row. */
  times: number;
  /** ISO time of the last. */
  at: string;
}

/** What did not work just now: shown until it has worked, or is not wanted any more. */
export class Faults {
  private readonly current = new Map<string, Fault>();

  constructor(private readonly log: (line: string) => void) {}

  add(what: string, error: Error): Fault {
    const times = (this.current.get(what)?.times ?? 0) + 1;
    const fault = { what, message: error.message, times, at: new Date().toISOString() };
    this.current.set(what, fault);
    this.log(`${what} failed (${times}): ${error.stack ?? error.message}`);
    return fault;
  }

  clear(what: string): void {
    this.current.delete(what);
  }

  /** Forgets those that the predicate does not know. */
  keepOnly(isStill: (what: string) => boolean): void {
    for (const what of this.current.keys()) if (!isStill(what)) this.current.delete(what);
  }

  list(): Fault[] {
    return [...this.current.values()];
  }
}
