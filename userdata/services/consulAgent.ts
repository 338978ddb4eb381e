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
    // By Consul's defaults for clients one that is stopped on purpose leaves, with its registrations; its successor may take the name.
    files: agentFiles("consul-agent", agentConfig("agent", args), secrets),
    units: ["consul.service"],
    stateful: false,
    ready: "consul-agent",
  };
}
