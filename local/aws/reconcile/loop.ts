/** Calls that come in a burst, as a deployment makes them, are answered by one run. */
const GATHER_MILLISECONDS = 100;

/**
 * Runs a function whenever something may have changed: one run at a time, and one more after the last trigger. A run
 * that fails is repeated, later each time, until one succeeds.
 */
export class Loop {
  private running = false;
  private wanted = false;
  private stopped = false;
  private failures = 0;
  private timer?: NodeJS.Timeout;
  private idle: (() => void)[] = [];

  /**
   * @param body what to do
   * @param onError is told of each failure
   * @param pollSeconds the longest time between two runs: a safety net, since whoever changes something triggers
   */
  constructor(
    private readonly body: () => Promise<void>,
    private readonly onError: (error: Error) => void,
    private readonly pollSeconds = 60,
  ) {}

  trigger(): void {
    const isComing = this.wanted || this.running;
    this.wanted = true;
    if (!isComing && !this.stopped) this.runIn(GATHER_MILLISECONDS);
  }

  get isIdle(): boolean {
    return !this.running && !this.wanted;
  }

  /** Resolves when nothing is running and nothing is waiting to. */
  settled(): Promise<void> {
    return this.isIdle ? Promise.resolve() : new Promise((resolve) => this.idle.push(resolve));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wanted = false;
    clearTimeout(this.timer);
    if (this.running) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private runIn(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.turn(), milliseconds);
  }

  private async turn(): Promise<void> {
    this.running = true;
    this.wanted = false;
    try {
      await this.body();
      this.failures = 0;
    } catch (error) {
      this.failures++;
      this.onError(error as Error);
    }
    this.running = false;
    if (this.isIdle || this.stopped) this.idle.splice(0).forEach((resolve) => resolve());
    if (this.stopped) return;
    if (this.failures) this.runIn(Math.min(500 * 2 ** (this.failures - 1), 10_000));
    else this.runIn(this.wanted ? GATHER_MILLISECONDS : this.pollSeconds * 1000);
  }
}
