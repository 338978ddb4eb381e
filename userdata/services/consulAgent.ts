import type { Service } from "../service";
import { agentConfig, agentFiles, agentSecrets, gossip, type ConsulArgs } from "./consul";

/** A Consul client agent: what the other services of a host without a Consul server talk to. */
export function consulAgent(args: ConsulArgs): Service {
  const secrets = agentSecrets("agent", args);
  return {
    name: "consul-agent",
    ports: gossip,
    secrets,
    installs: ["consul"],
    files: agentFiles(
      "consul-agent",
      {
        ...agentConfig("agent", args),
        // A host that is stopped on purpose is gone at once, with its registrations; its successor may take the name.
        leave_on_terminate: true,
        skip_leave_on_interrupt: false,
      },
      secrets,
    ),
    units: ["consul.service"],
    stateful: false,
    ready: "consul-agent",
  };
}
