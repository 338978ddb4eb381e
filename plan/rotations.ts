import type { SecretName } from "../userdata/service";

/** Secrets that change together, and how hosts that run take up their new values. */
export interface RotationPlan {
  name: string;
  secrets: SecretName[];
  /**
   * - `together`: all services that hold them restart at the same time, as old and new ones do not understand each other;
   * - `oneByOne`: host by host, so that the cluster works meanwhile;
   * - `keyring`: nothing restarts, Consul's agents hand the key to each other.
   */
  takenUp: "together" | "oneByOne" | "keyring";
}

/** The order is that in which they are taken up, when several have changed. Every other secret is read at a host's boot alone. */
export const rotations: RotationPlan[] = [
  { name: "auth-key", secrets: ["auth-key", "auth-pub"], takenUp: "together" },
  { name: "gossip-key", secrets: ["gossip-key"], takenUp: "keyring" },
  {
    name: "consul-certificates",
    secrets: ["consul-ca", "consul-server-cert", "consul-server-key", "consul-agent-cert", "consul-agent-key"],
    takenUp: "oneByOne",
  },
  { name: "feature-token", secrets: ["feature-token"], takenUp: "oneByOne" },
];
