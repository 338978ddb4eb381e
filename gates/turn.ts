import { type BootReport } from "./bootReport";
import type { Quorum } from "../userdata/service";
import { type ConsulAnswer, whyNotSpared } from "./consul";

/** How long Consul must have been without a leader before its quorum counts as lost: several elections. */
const LOST_AFTER_MS = 15_000;
/** How long what is amiss may take to pass while no host is booting. */
const SETTLING_MS = 60_000;

/** Hosts of one kind are numbered: what one of them carries the others do, too. */
const kindOf = (host: string) => host.replace(/-\d+$/, "");

/** What is known at one moment. */
export interface Sight {
  /** Reports of all hosts, by name; undefined for a host that has never reported. */
  reports: ReadonlyMap<string, BootReport | undefined>;
  /** What Consul says; undefined when hosts that should know did not answer. */
  consul: ConsulAnswer | undefined;
}

/** `go`: the host may be replaced now. `stop`: it may not, and waiting does not help. */
export type Decision = { kind: "go" } | { kind: "wait"; reason: string } | { kind: "stop"; reason: string };

/**
 * Decides when a host may be replaced without breaking what it is part of. A broken host has its turn as soon as no other is in the middle
 * of its boot, or at once where there is no quorum left to break; a healthy one once everything is whole.
 */
export class Turn {
  private leaderlessSince?: number;
  private amissSince?: number;

  constructor(
    private readonly host: string,
    private readonly quorums: Quorum[],
  ) {}

  /** @param now milliseconds of a clock that only goes forward */
  decide({ reports, consul }: Sight, now: number): Decision {
    const own = reports.get(this.host);
    // Nothing of it was ever in service.
    if (own === undefined) return { kind: "go" };
    const works = own.state === "ready";
    if (this.observeLeader(consul, now) && !works) return { kind: "go" };

    const others = [...reports].filter(([name]) => name !== this.host);
    const named = (holds: (report?: BootReport) => boolean) =>
      others.filter(([, report]) => holds(report)).map(([name]) => name);
    const booting = named((report) => report?.state === "booting");
    const missed = new Set(works ? [] : named((report) => report?.state !== "ready"));
    const ofItsKind = (name: string) => kindOf(name) === kindOf(this.host);
    const beside = named((report) => report?.state === "ready").filter(ofItsKind);
    // One that left Consul on its way down is missed by nobody there.
    const gone = works ? named((report) => report?.state === "failed").filter(ofItsKind) : [];
    const amiss = [
      ...gone.map((name) => `${name} has failed`),
      ...(consul
        ? whyNotSpared(consul, this.quorums, { host: this.host, works, missed, beside })
        : ["no host answers what Consul's state is"]),
    ];
    if (amiss.length === 0 && (works || booting.length === 0)) return { kind: "go" };

    const reason = [...amiss, ...booting.map((name) => `${name} is booting`)].join("; ");
    this.amissSince = booting.length > 0 ? undefined : (this.amissSince ?? now);
    if (this.amissSince === undefined || now - this.amissSince < SETTLING_MS) return { kind: "wait", reason };
    return { kind: "stop", reason };
  }

  /** @returns whether the quorum of Consul is lost */
  private observeLeader(consul: ConsulAnswer | undefined, now: number): boolean {
    this.leaderlessSince = consul?.leader === null ? (this.leaderlessSince ?? now) : undefined;
    return this.leaderlessSince !== undefined && now - this.leaderlessSince >= LOST_AFTER_MS;
  }
}
