/** CHANGELOG.md, as far as a test can hold it to what a preview says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One release, or what comes with the next one. */
export interface Section {
  /** `Unreleased`, or a version. */
  name: string;
  /** What `pulumi up` replaces or deletes in a cluster of the release before; none where the section does not say it. */
  replaces?: string[];
}

/** The paragraph that every section but the first release's has: `**Replaces or deletes:** every host with core services, ...`. */
const REPLACES = /^\*\*Replaces or deletes:\*\* (.+(?:\n.+)*)$/m;

/** The sections, the newest first. */
export function readChangelog(): Section[] {
  return parseChangelog(readFileSync(join(__dirname, "../../CHANGELOG.md"), "utf8"));
}

export function parseChangelog(text: string): Section[] {
  return text
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [, name] = /^\[([^\]]+)\]/.exec(section) ?? [];
      if (name === undefined) throw new Error(`a section's title is not [Unreleased] or [VERSION] - DATE: ${section}`);
      const listed = REPLACES.exec(section)?.[1];
      return { name, replaces: listed?.split(/,\s*/).map((item) => item.replaceAll("`", "").trim()) };
    });
}
