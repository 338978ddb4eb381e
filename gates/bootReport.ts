import { z } from "zod";

const schema = z.object({
  host: z.string(),
  instanceId: z.string(),
  bootId: z.string(),
  state: z.enum(["booting", "ready", "failed"]),
  /** The step that runs, or that failed. */
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

/** How a boot ended. */
export type Ending = { ready: true } | { ready: false; reason: string };

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

/** Follows the boot of one instance through its reports. Reports of an earlier instance under the same name do not count. */
export class BootWatch {
  private last?: BootReport;
  private shown = 0;

  constructor(
    private readonly host: string,
    private readonly instanceId: string,
  ) {}

  /**
   * Takes in the parameter's value as it is now.
   *
   * @throws when it is no report
   */
  observe(value: string): Observation {
    const report = parseBootReport(value);
    if (report?.instanceId !== this.instanceId) return { lines: [] };
    // A host that reboots begins again.
    if (report.bootId !== this.last?.bootId) this.shown = 0;
    const lines = report.steps.slice(this.shown).map(({ step, seconds }) => this.line(step, `${seconds.toFixed(1)} s`));
    this.shown = report.steps.length;
    this.last = report;
    if (report.state === "booting") return { lines };
    return { lines, ending: report.state === "ready" ? { ready: true } : failure(report) };
  }

  /** Why nobody waits any longer, with what was heard last. */
  timedOut(seconds: number): string {
    const late = `${this.host} (${this.instanceId}) was not ready after ${seconds} seconds`;
    if (!this.last) {
      const hint = `aws ec2 get-console-output --latest --output text --instance-id ${this.instanceId}`;
      return `${late}: nothing was heard from it. Its console may tell why: ${hint}`;
    }
    return [`${late}: at ${this.last.at} it was in step ${this.last.step}`, ...(this.last.log ?? [])].join("\n  ");
  }

  private line(...columns: string[]): string {
    return [this.host.padEnd(16), ...columns.map((column) => column.padEnd(8))].join("  ").trimEnd();
  }
}

function failure({ host, step, reason = "it gave no reason", log = [] }: BootReport): Ending {
  return { ready: false, reason: [`${host} failed at ${step}: ${reason}`, ...log].join("\n  ") };
}
