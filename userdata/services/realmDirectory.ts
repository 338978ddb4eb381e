import { appFile, environmentFile, readinessFiles, staticFile, unitFile, userFile } from "../files";
import type { Service } from "../service";

export interface RealmDirectoryArgs {
  /** What others find it by in Consul while it is on this node. @default the host's address */
  advertiseAddress?: string;
}

/**
 * The realm directory: which sync worker group holds which realm. There must never be two, so that every core node runs one behind a
 * lock in Consul: one works, the others wait.
 */
export function realmDirectory({ advertiseAddress }: RealmDirectoryArgs): Service {
  const settings = { ...(advertiseAddress !== undefined && { ROS_ADDRESS: advertiseAddress }) };
  return {
    name: "realm-directory",
    ports: [{ name: "Realm directory", port: 9081, protocol: "tcp", from: ["core-services"] }],
    secrets: ["auth-key", "auth-pub", "feature-token"],
    installs: ["consul", "node", "realm"],
    files: [
      userFile("realm-directory", "Realm directory"),
      unitFile("realm-directory.service"),
      environmentFile("/etc/realm-cluster/realm-directory.env", settings),
      staticFile("boot/forget-directory", "/opt/realm-cluster/forget-directory", "0755"),
      appFile("realmDirectory.js"),
      appFile("lease.js"),
      appFile("leave.js"),
      appFile("consul.js"),
      appFile("member.js"),
      ...readinessFiles("realm-directory"),
    ],
    units: ["realm-directory.service"],
    stateful: false,
    ready: "realm-directory",
  };
}
