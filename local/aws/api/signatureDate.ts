import type { IncomingHttpHeaders } from "node:http";

const MINUTES = 5;

/**
 * Why AWS does not take a call that was signed by a clock which is far off, in its words; undefined where it does.
 *
 * @param now AWS's own time
 */
export function signatureDateFault(headers: IncomingHttpHeaders, now: Date): string | undefined {
  const stamp = headers["x-amz-date"];
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(stamp)) ?? [];
  if (parts.length === 0) return undefined;
  const [year, month, ...rest] = parts.map(Number);
  const off = Date.UTC(year, month - 1, ...rest) - now.getTime();
  const limit = MINUTES * 60_000;
  if (off < -limit) {
    return `Signature expired: ${stamp} is now earlier than ${stampOf(now, -limit)} (${stampOf(now)} - ${MINUTES} min.)`;
  }
  if (off <= limit) return undefined;
  return `Signature not yet current: ${stamp} is still later than ${stampOf(now, limit)} (${stampOf(now)} + ${MINUTES} min.)`;
}

const stampOf = (time: Date, plus = 0) => new Date(time.getTime() + plus).toISOString().replace(/[-:]|\.\d+/g, "");
