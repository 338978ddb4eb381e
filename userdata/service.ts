/** A file as it is written on a host, for root. */
export interface File {
  /** Absolute path on the host. */
  path: string;
  /** UTF-8 text; never a secret: user data can be read by whoever may describe the instance. */
  content: string;
  /** Octal permissions, default `0644`. */
  mode?: string;
}

/** The services that a host can run. */
export type ServiceName =
  "consul-server" | "consul-agent" | "sync-worker" | "core-services" | "realm-directory" | "watch";

/** Who may reach a port: every host that runs a service, the cluster's load balancer, or those who scrape metrics (`watching.metricsCidrs`). */
export type Peer = ServiceName | "load-balancer" | "metrics";

/** A port on which a service takes connections from other hosts. */
export interface Port {
  /** What it is for; shown as the description of the security group's rules. */
  name: string;
  port: number;
  protocol: "tcp" | "udp";
  /** The peers that may reach it; nobody else can. */
  from: Peer[];
}

/** Who has a token of Consul: the agent of each kind of host, and the doctor. */
export type ConsulRole = "consul" | "consul-sync" | "sync" | "core-services" | "doctor";

/** A secret: the last part of an SSM parameter's name, and the name of the credential on the host. */
export type SecretName =
  | "auth-key"
  | "auth-pub"
  | "feature-token"
  | "npm-token"
  | "ros-default-password"
  | "gossip-key"
  | "consul-ca"
  | "consul-server-cert"
  | "consul-server-key"
  | "consul-agent-cert"
  | "consul-agent-key"
  | "consul-management"
  | `consul-token-${ConsulRole}`;

/**
 * What must go on while one host is replaced: `consul` (the quorum of its servers), `sync:LABEL` (a group, under its master),
 * `core-services` (nodes that take requests).
 */
export type Quorum = "consul" | "core-services" | `sync:${string}`;

/** Calls of AWS that a service makes. Those for secrets and for boot reports need not be told. */
export interface AwsCalls {
  /** The name of the policy's statement, of letters alone. */
  name: string;
  actions: string[];
  /** What they are about: an ARN without its partition, region and account, such as `logs:log-group:NAME:*`; `{host}` is the host's name. @default anything */
  resource?: string;
  /** Condition keys, and the values that they must have. @default none */
  onlyIf?: Record<string, string>;
}

/** Software that is put on a host before its services start. */
export type Package = "consul" | "node" | "realm";

/**
 * A service that a host runs: all that the rest of the program has to know about it.
 * Security groups, IAM policies, user data and readiness checks are derived from this.
 */
export interface Service {
  name: ServiceName;
  /** Security groups are derived from these. */
  ports: Port[];
  /** The secrets that it reads; the host's IAM policy is derived from these. */
  secrets: SecretName[];
  /** What else it asks of AWS; the policy is derived from these, too. @default nothing */
  calls?: AwsCalls[];
  installs: Package[];
  /** npm packages that its program needs besides the two that every Realm program does; default none. */
  modules?: string[];
  /** Its units, configuration, programs and readiness check. */
  files: File[];
  /** Put on hosts by the deployment while they run, not by user data: it comes, changes and goes without a host being replaced. @default false */
  apart?: boolean;
  /** systemd units in the order in which they are started; the last one is the service itself. */
  units: string[];
  /** Whether it keeps state that outlives the instance, and so needs the data volume. */
  stateful: boolean;
  /** What its hosts carry together; one of them is replaced at a time. */
  quorum?: Quorum;
  /** Name of the readiness check: `/opt/realm-cluster/ready/<ready>.py`. @default none: the boot does not wait for it */
  ready?: string;
}
