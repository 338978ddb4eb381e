import { appFile, readinessFiles, unitFile, userFile } from "../files";
import type { Service } from "../service";

/** Core services has no arguments yet: all that it needs is the same on every node. */
export type CoreServicesArgs = Record<string, never>;

/** Core services behind the load balancer: authentication, permissions, the sync proxy, the welcome page. Stateless. */
export function coreServices(_args: CoreServicesArgs): Service {
  return {
    name: "core-services",
    ports: [
      {
        name: "Realm core services",
        port: 9080,
        protocol: "tcp",
        from: ["load-balancer", "core-services", "realm-directory"],
      },
    ],
    secrets: ["auth-key", "auth-pub", "feature-token", "ros-default-password"],
    installs: ["node", "realm"],
    files: [
      userFile("core-services", "Realm core services"),
      unitFile("core-services.service"),
      appFile("coreServices.js"),
      appFile("member.js"),
      ...readinessFiles("core-services"),
    ],
    units: ["core-services.service"],
    stateful: false,
    quorum: "core-services",
    ready: "core-services",
  };
}
