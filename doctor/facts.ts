import { z } from "zod";
import type { BootReport } from "../gates/bootReport";
import type { HostOutput } from "../outputs";

/** What a host says of itself: probes/host.py. */
export const hostProbe = z.object({
  host: z.string(),
  instanceId: z.string(),
  bootId: z.string(),
  /** The host's clock, in seconds since 1970. */
  time: z.number(),
  /** Of its sync worker's group; null without a sync worker. */
  label: z.string().nullable(),
  /** Whether it keeps state on a data volume, and whether that is mounted. */
  stateful: z.boolean(),
  mounted: z.boolean(),
  /** `used` and `inodesUsed` from 0 to 1. */
  disks: z.array(z.object({ path: z.string(), bytes: z.number(), used: z.number(), inodesUsed: z.number() })),
  units: z.array(
    z.object({
      name: z.string(),
      /** systemd's ActiveState and SubState. */
      active: z.string(),
      sub: z.string(),
      /** When it ended by itself and was started again, in the last ten minutes: seconds since 1970. */
      restarts: z.array(z.number()),
    }),
  ),
  /** The readiness checks of its services, each with the service's unit. */
  checks: z.array(z.object({ name: z.string(), unit: z.string(), ready: z.boolean(), reason: z.string() })),
  /** Of Consul, Node and the Realm packages, as installed. */
  versions: z.record(z.string(), z.string()),
  /** Address and port; empty without a leader, null when the agent does not answer. */
  consulLeader: z.string().nullable(),
  /** When the certificate of its Consul agent ends, in seconds since 1970; null without one. */
  certificateEnds: z.number().nullable(),
  /** Whether a process of the Realm directory runs. */
  directoryRuns: z.boolean(),
  /** Why the host could not read its secrets from SSM. */
  error: z.string().nullable(),
  secrets: z.array(
    z.object({
      name: z.string(),
      /** Of the file, for what all nodes must have in common; null without a file. */
      fingerprint: z.string().nullable(),
      /** Whether the file is what SSM holds; null when SSM could not be read. */
      current: z.boolean().nullable(),
      /** Units that were started with another value. */
      staleUnits: z.array(z.string()),
    }),
  ),
});
export type HostProbe = z.infer<typeof hostProbe>;

/** What Consul knows of the cluster: probes/consul.py. */
export const consulProbe = z.object({
  /** Address and port; empty without a leader. */
  leader: z.string(),
  members: z.array(
    z.object({
      name: z.string(),
      address: z.string(),
      status: z.enum(["none", "alive", "leaving", "left", "failed"]),
      server: z.boolean(),
      version: z.string(),
    }),
  ),
  /** The servers that raft counts. */
  peers: z.array(z.object({ name: z.string(), address: z.string(), voter: z.boolean(), healthy: z.boolean() })),
  services: z.array(
    z.object({
      service: z.string(),
      host: z.string(),
      tags: z.array(z.string()),
      /** The checks that do not pass, each with what it said last. */
      failing: z.array(z.string()),
    }),
  ),
});
export type ConsulProbe = z.infer<typeof consulProbe>;

/** What was asked, or why there is no answer. */
export type Asked<T> = { ok: true; value: T } | { ok: false; reason: string };

/** A host as the stack's outputs name it. */
export type HostAddress = Pick<HostOutput, "name" | "address" | "services" | "instanceId" | "bootReport">;

/** A host, with all that was asked about it. */
export interface HostFacts extends HostAddress {
  /** Between `asked` and `answered` of our clock, in seconds since 1970, the host told its own. */
  probe: Asked<{ probe: HostProbe; asked: number; answered: number }>;
  /** Undefined while no host has reported. */
  report: Asked<BootReport | undefined>;
}

/** A target of the load balancer. */
export interface TargetFacts {
  instanceId: string;
  /** `healthy`, `unhealthy`, `draining` ... */
  state: string;
  reason: string;
}

/** What the load balancer presents to clients. */
export interface CertificateFacts {
  /** When it expires. */
  validTo: Date;
  /** Why a client would not trust it; undefined where it does. */
  distrusted?: string;
}

export interface LoadBalancerFacts {
  url: string;
  /** The plain `/health`, of the whole cluster, and that of one process: undefined when they answer 200, otherwise why not. */
  health?: string;
  thisInstance?: string;
  targets: Asked<TargetFacts[]>;
  /** Undefined without HTTPS. */
  certificate?: Asked<CertificateFacts>;
}

/** Everything that was asked. */
export interface Facts {
  stack: string;
  at: Date;
  hosts: HostFacts[];
  consul: Asked<ConsulProbe>;
  loadBalancer: LoadBalancerFacts;
}
