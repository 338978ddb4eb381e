import { z } from "zod";

/** The digest of the default version is known; that of any other must be given with it. */
export function digest(known: { version: string; sha256: string }) {
  return <T extends { version: string; sha256?: string }>(
    value: T,
    context: z.RefinementCtx,
  ): T & { sha256: string } => {
    const sum = value.sha256 ?? (value.version === known.version ? known.sha256 : undefined);
    if (sum === undefined) {
      const message = `write the sha256 of the file for version ${value.version}; only that of ${known.version} is known`;
      context.addIssue({ code: "custom", path: ["sha256"], message });
      return z.NEVER;
    }
    return { ...value, sha256: sum };
  };
}
