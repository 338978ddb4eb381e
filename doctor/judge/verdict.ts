/** Everything that can be found wrong, for programs; kept stable for those who read it. */
export const KINDS = [
  ...(["host-silent", "boot-not-ready"] as const),
  ...(["unit-down", "unit-restarting", "service-not-ready", "service-failing"] as const),
  ...(["consul-silent", "consul-member", "consul-stranger", "consul-leader", "consul-leader-elsewhere"] as const),
  ...(["consul-peer", "directory-missing", "directory-double"] as const),
  ...(["group-without-master", "group-masters", "group-workers"] as const),
  ...(["secrets-unreadable", "key-differs", "key-stale", "consul-certificate"] as const),
  ...(["versions-mixed", "version-not-running", "disk-filling", "data-volume", "clock-off"] as const),
  ...(["health", "target", "certificate"] as const),
];
export type Kind = (typeof KINDS)[number];

/** Something that is wrong. */
export interface Finding {
  kind: Kind;
  /** The host, the group or the part of the cluster. */
  where: string;
  /** What is wrong, in one sentence. */
  what: string;
  /** Why it matters. */
  why: string;
  /** What to do about it. */
  action: string;
}

/** What came of one question to the cluster. */
export interface Verdict {
  /** What was asked. */
  check: string;
  /** What was found, in a few words. */
  found: string;
  /** Empty when all is well. */
  findings: Finding[];
}

/** `1 host`, `2 hosts` */
export const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;

export const list = (names: string[]) => (names.length > 0 ? names.join(", ") : "none");
