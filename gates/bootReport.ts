import { z } from "zod";

const schema = z.object({
  host: z.string(),
  instanceId: z.string(),
  bootId: z.string(),
  state: z.enum(["booting", "ready", "failed"]),
  /** The step that runs, the first of those that run at once, or the one that failed. */
  step: z.string(),
  reason: z.string().optional(),
  /** The last lines of the boot's log. */
  log: z.array(z.string()).optional(),
  /** The steps that are done. */
  steps: z.array(z.object({ step: z.string(), seconds: z.number() })),
  /** When it was written, in ISO 8601. */
  at: z.string(),
});

/** What a host says about its boot, in the SSM parameter that it has for that. */
export type BootReport = z.infer<typeof schema>;

/** How a boot ended; `silent` when nothing was heard of it at all. */
export type Ending = { ready: true } | { ready: false; reason: string; silent?: true };

/** What an observation brought to light. */
export interface Observation {
  /** Progress since the last one, a line for each step. */
  lines: string[];
  /** Set when the boot has ended. */
  ending?: Ending;
}

/**
 * Reads a boot report.
 *
 * @param value the parameter's value; `{}` until a host has written to it
 * @returns the report, or undefined when no host has reported
 * @throws when it is no report
 */
export function parseBootReport(value: string): BootReport | undefined {
  const json: unknown = JSON.parse(value);
  return typeof json === "object" && json !== null && Object.keys(json).length === 0 ? undefined : schema.parse(json);
}

/** The part of the time to boot in which a host has to say something: what it needs from then on is the rest. */
const SILENT_SHARE = 1 / 3;
/** No host says a word before its kernel, its network and cloud-init are up. */
const LEAST_SILENT_SECONDS = 60;

/** For how long nothing may be heard from a host that has this long to boot, in seconds. */
export const silentSeconds = (timeout: number) => Math.max(LEAST_SILENT_SECONDS, Math.round(timeout * SILENT_SHARE));

/**
 * Follows the boot of one instance through its reports. Reports of an earlier instance under the same name do not count.
 *
 * A boot that failed begins again by itself, until it is ready. So what counts is a failure that is told while somebody waits: the cause of one
 * that was there before may have been mended, and the next attempt tells.
 */
export class BootWatch {
  private last?: BootReport;
  private shown = 0;
  private heardAt = 0;
  /** When the failure was told that does not count. */
  private excused?: string;
  private readonly patience: number;

  /** @param timeout how long the host has to boot, in seconds */
  constructor(
    private readonly host: string,
    private readonly instanceId: string,
    timeout: number,
  ) {
    this.patience = silentSeconds(timeout);
  }

  /**
   * Takes in what the host's report is now.
   *
   * @param now seconds since somebody waits
   * @param others what goes on on other hosts that may yet bring what this one waits for
   */
  observe(report: BootReport | undefined, now: number, others: string[] = []): Observation {
    if (report?.instanceId !== this.instanceId) {
      return { lines: [], ...(now >= this.patience && { ending: this.silence() }) };
    }
    const { last } = this;
    if (report.at !== last?.at) this.heardAt = now;
    // A host that reboots begins again.
    if (report.bootId !== last?.bootId) this.shown = 0;
    const lines = report.steps.slice(this.shown).map(({ step, seconds }) => this.line(step, `${seconds.toFixed(1)} s`));
    this.shown = report.steps.length;
    this.last = report;
    if (report.state === "ready") return { lines, ending: { ready: true } };
    if (report.state === "booting") return { lines };
    if (last === undefined) lines.push(...this.excuse(report, ["it is about to try again"]));
    else if (others.length > 0) lines.push(...this.excuse(report, others));
    const counts = report.at !== this.excused || now - this.heardAt >= this.patience;
    return { lines, ...(counts && { ending: failure(report) }) };
  }

  /** Why nobody waits any longer, with what was heard last. */
  timedOut(seconds: number): string {
    const late = `${this.host} (${this.instanceId}) was not ready after ${seconds} seconds`;
    if (!this.last) {
      return `${late}: nothing was heard from it. Its console may tell why: ${consoleCommand(this.instanceId)}`;
    }
    return [`${late}: at ${this.last.at} it was in step ${this.last.step}`, ...(this.last.log ?? [])].join("\n  ");
  }

  private silence(): Ending {
    const reason = `${this.host} (${this.instanceId}) failed: nothing was heard from it for ${this.patience} seconds`;
    return { ready: false, reason, silent: true };
  }

  /** Has a failure not count, and shows it once. */
  private excuse({ at, step, reason }: BootReport, why: string[]): string[] {
    if (this.excused === at) return [];
    this.excused = at;
    return [this.line(`failed at ${step}: ${reason}; ${why.join(", ")}`)];
  }

  private line(...columns: string[]): string {
    return [this.host.padEnd(16), ...columns.map((column) => column.padEnd(8))].join("  ").trimEnd();
  }
}

function failure({ host, step, reason = "it gave no reason", log = [] }: BootReport): Ending {
  return { ready: false, reason: [`${host} failed at ${step}: ${reason}`, ...log].join("\n  ") };
}

/** The command that prints an instance's console. */
export const consoleCommand = (instanceId: string) =>
  `aws ec2 get-console-output --latest --output text --instance-id ${instanceId}`;
