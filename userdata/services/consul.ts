import { credentialsFile, readinessFiles, staticFile, unitFile, userFile } from "../files";
import type { ConsulRole, File, Peer, Port, SecretName } from "../service";

/** What a Consul agent has to know, be it a server or a client. */
export interface ConsulArgs {
  /** Consul's datacenter: letters, digits, dashes, underscores. */
  datacenter: string;
  /** Addresses of the servers that founded Consul, on one of these the host's own among them; they stay the same when a host is replaced. */
  retryJoin: string[];
  /** Whose token it has, which is what all programs of the host may do in Consul: Realm Object Server passes none of its own. */
  role: ConsulRole;
}

/** Everyone who gossips. */
export const agents: Peer[] = ["consul-server", "consul-agent"];

/** Gossip among agents: TCP for state exchange, UDP for probes. */
export const gossip: Port[] = [
  { name: "Consul gossip", port: 8301, protocol: "tcp", from: agents },
  { name: "Consul gossip", port: 8301, protocol: "udp", from: agents },
];

/** Where Consul has its secrets, in files of its own user: files/boot/consul-agent. */
const RUN = "/run/consul";

/** The secrets of an agent. */
export function agentSecrets(kind: "server" | "agent", { role }: ConsulArgs): SecretName[] {
  return ["gossip-key", "consul-ca", `consul-${kind}-cert`, `consul-${kind}-key`, `consul-token-${role}`];
}

/** Configuration that servers and clients have in common. The address, the node's name, the gossip key and the tokens come at start. */
export function agentConfig(kind: "server" | "agent", { datacenter, retryJoin }: ConsulArgs): Record<string, unknown> {
  return {
    server: kind === "server",
    datacenter,
    data_dir: "/var/lib/realm-cluster/consul",
    client_addr: "127.0.0.1",
    retry_join: retryJoin,
    retry_interval: "5s",
    disable_update_check: true,
    // The stored secret is all that an agent starts with: a keyring of its own would outlive a rotation that it slept through.
    disable_keyring_file: true,
    // A stream would be of a server without power for 40 s; what is asked by RPC fails with its connection (realm-cluster-boot.service).
    use_streaming_backend: false,
    // The default suits a laptop: production wants the shortest election (Consul's own advice for servers on their own disks).
    performance: { raft_multiplier: 1 },
    // Nobody without a certificate of the cluster speaks to a server, and none but a server's is taken for a server.
    tls: {
      defaults: {
        ca_file: `${RUN}/consul-ca`,
        cert_file: `${RUN}/consul-${kind}-cert`,
        key_file: `${RUN}/consul-${kind}-key`,
        verify_incoming: true,
        verify_outgoing: true,
      },
      internal_rpc: { verify_server_hostname: true },
    },
    acl: { enabled: true, default_policy: "deny" },
    // Every watch of a Realm server is one connection from 127.0.0.1, and the default of 200 is for one client.
    limits: { http_max_conns_per_client: 4096 },
    telemetry: { disable_hostname: true, prometheus_retention_time: "60s" },
  };
}

/** The unit, its start script, the configuration and the readiness check of an agent. */
export function agentFiles(check: string, config: Record<string, unknown>, secrets: SecretName[]): File[] {
  return [
    userFile("consul", "Consul agent"),
    unitFile("consul.service"),
    credentialsFile("consul.service", secrets),
    staticFile("boot/consul-agent", "/opt/realm-cluster/consul-agent", "0755"),
    { path: "/etc/consul.d/consul.json", content: `${JSON.stringify(config)}\n` },
    ...readinessFiles(check),
  ];
}
