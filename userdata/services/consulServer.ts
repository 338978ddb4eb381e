import { credentialsFile, staticFile, unitFile } from "../files";
import type { ConsulRole, SecretName, Service } from "../service";
import { agentConfig, agentFiles, agents, agentSecrets, gossip, type ConsulArgs } from "./consul";
import { roles } from "./consulRoles";

export interface ConsulServerArgs extends ConsulArgs {
  /** Number of servers that must have found each other before the first leader is elected. @default it joins what others have founded */
  bootstrapExpect?: number;
}

/** A Consul server: the cluster's catalogue, locks and sessions, and who may do what there; also the agent of its own host. */
export function consulServer({ bootstrapExpect, ...args }: ConsulServerArgs): Service {
  const secrets: SecretName[] = [...agentSecrets("server", args), "consul-management"];
  const tokens = (Object.keys(roles) as ConsulRole[]).map((role): SecretName => `consul-token-${role}`);
  return {
    name: "consul-server",
    ports: [{ name: "Consul RPC", port: 8300, protocol: "tcp", from: agents }, ...gossip],
    secrets: [...new Set([...secrets, ...tokens])],
    installs: ["consul"],
    files: [
      ...agentFiles(
        "consul-server",
        {
          ...agentConfig("server", args),
          bootstrap_expect: bootstrapExpect,
          ui_config: { enabled: true },
          // One datacenter: no WAN gossip; nothing here speaks gRPC to a server.
          ports: { serf_wan: -1, grpc: -1, grpc_tls: -1 },
          // A server that stops comes back with its id, address and disk. Leaving, or being pruned, would shrink the quorum meanwhile.
          leave_on_terminate: false,
          skip_leave_on_interrupt: true,
          autopilot: { cleanup_dead_servers: false },
        },
        secrets,
      ),
      unitFile("consul-acl.service"),
      credentialsFile("consul-acl.service", ["consul-management", ...tokens]),
      staticFile("boot/consul-acl", "/opt/realm-cluster/consul-acl", "0755"),
      { path: "/etc/realm-cluster/consul-roles.json", content: `${JSON.stringify(roles)}\n` },
      unitFile("consul-snapshot.service"),
      unitFile("consul-snapshot.timer"),
    ],
    units: ["consul-snapshot.timer", "consul-acl.service", "consul.service"],
    stateful: true,
    quorum: "consul",
    ready: "consul-server",
  };
}
