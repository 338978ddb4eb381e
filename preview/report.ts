import { type Change, listChanges } from "./changes";
import type { Digest } from "./digest";
import { listUserDataChanges } from "./userData";
import { verdict } from "./verdict";

/** A preview for a person. */
export interface Report {
  /** What to know first, a sentence each. */
  verdict: string[];
  sections: Section[];
}

/** Lines in the form of a diff, under a title. */
export interface Section {
  title: string;
  lines: string[];
}

/**
 * The report of a preview that ended.
 *
 * @param digest what `pulumi preview --json` printed; none where it failed before the engine began
 * @param failure what it wrote to standard error, where it failed
 */
export function makeReport(digest: Digest | undefined, failure?: string): Report {
  // A warning about no resource is about the engine's installation.
  const messages = (digest?.diagnostics ?? [])
    .filter(({ severity, urn }) => severity === "error" || (severity === "warning" && urn))
    .map(({ severity, message = "" }) => `${severity}: ${message.replace(/^(error|warning): /, "").trim()}`);
  if (failure !== undefined) {
    const lines = messages.length > 0 ? messages : [failure.trim()];
    return { verdict: ["The preview failed."], sections: [section("Why", lines)] };
  }
  const complete = digest ?? {};
  const changes = listChanges(complete).flatMap(changeLines);
  const userData = listUserDataChanges(complete).map(({ hosts, diff }) => {
    const shown = hosts.length > 1 ? ` (as for ${hosts[0]})` : "";
    return section(`User data of ${hosts.join(", ")}${shown}`, diff);
  });
  const all = [section("Messages", messages), section("Changes", changes), ...userData];
  return { verdict: verdict(complete), sections: all.filter(({ lines }) => lines.length > 0) };
}

/** Signs that a Markdown renderer colours in a diff. */
const SIGNS: Record<string, string> = { create: "+", delete: "-" };

function changeLines({ operation, type, names, details }: Change): string[] {
  const indented = details.map((line) => (/^[-+@ ]/.test(line) ? line : `    ${line}`));
  return [`${SIGNS[operation] ?? "!"} ${operation} ${type} ${names.join(", ")}`, ...indented];
}

const section = (title: string, lines: string[]): Section => ({
  title,
  lines: lines.flatMap((line) => line.split("\n")),
});
