import type { Service } from "../service";
import { unitFile } from "../files";
import { agentConfig, agentFiles, agents, gossip, type ConsulArgs } from "./consul";

export interface ConsulServerArgs extends ConsulArgs {
  /** Number of servers that must have found each other before the first leader is elected. @default it joins what others have founded */
  bootstrapExpect?: number;
}

/** A Consul server: the cluster's catalogue, locks and sessions; also the agent of its own host. */
export function consulServer({ bootstrapExpect, ...args }: ConsulServerArgs): Service {
  return {
    name: "consul-server",
    ports: [{ name: "Consul RPC", port: 8300, protocol: "tcp", from: agents }, ...gossip],
    secrets: ["gossip-key"],
    installs: ["consul"],
    files: [
      ...agentFiles("consul-server", {
        ...agentConfig(args),
        server: true,
        bootstrap_expect: bootstrapExpect,
        ui_config: { enabled: true },
        // A server that stops comes back with its id, address and disk. Leaving, or being pruned, would shrink the quorum meanwhile.
        leave_on_terminate: false,
        skip_leave_on_interrupt: true,
        autopilot: { cleanup_dead_servers: false },
      }),
      unitFile("consul-snapshot.service"),
      unitFile("consul-snapshot.timer"),
    ],
    units: ["consul-snapshot.timer", "consul.service"],
    stateful: true,
    quorum: "consul",
    ready: "consul-server",
  };
}
