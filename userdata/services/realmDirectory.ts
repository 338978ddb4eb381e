import { appFile, readinessFiles, staticFile, unitFile, userFile } from "../files";
import type { Service } from "../service";

/** The directory has no arguments yet: all that it needs is the same on every node. */
export type RealmDirectoryArgs = Record<string, never>;

/**
 * The realm directory: which sync worker group holds which realm. There must never be two, so that every core node runs one behind a
 * lock in Consul: one works, the others wait.
 */
export function realmDirectory(_args: RealmDirectoryArgs): Service {
  return {
    name: "realm-directory",
    ports: [{ name: "Realm directory", port: 9081, protocol: "tcp", from: ["core-services", "realm-directory"] }],
    secrets: ["auth-key", "auth-pub", "feature-token"],
    installs: ["consul", "node", "realm"],
    files: [
      userFile("realm-directory", "Realm directory"),
      unitFile("realm-directory.service"),
      staticFile("boot/realm-directory", "/opt/realm-cluster/realm-directory", "0755"),
      appFile("realmDirectory.js"),
      appFile("member.js"),
      ...readinessFiles("realm-directory"),
    ],
    units: ["realm-directory.service"],
    stateful: false,
    ready: "realm-directory",
  };
}
