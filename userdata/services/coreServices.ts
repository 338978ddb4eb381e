import { appFile, environmentFile, readinessFiles, unitFile, userFile } from "../files";
import type { Service } from "../service";

export interface CoreServicesArgs {
  /** Serves GraphQL too. @default false */
  graphql?: boolean;
  /** What others find this node by in Consul. @default the host's address */
  advertiseAddress?: string;
}

/** Core services behind the load balancer: authentication, permissions, the sync proxy, the welcome page. Stateless. */
export function coreServices({ graphql = false, advertiseAddress }: CoreServicesArgs): Service {
  const settings = {
    ...(graphql && { GRAPHQL: "true" }),
    ...(advertiseAddress !== undefined && { ROS_ADDRESS: advertiseAddress }),
  };
  return {
    name: "core-services",
    ports: [
      {
        name: "Realm core services",
        port: 9080,
        protocol: "tcp",
        from: ["load-balancer", "core-services"],
      },
    ],
    secrets: ["auth-key", "auth-pub", "feature-token", "ros-default-password"],
    installs: ["node", "realm"],
    modules: graphql ? ["realm-graphql-service"] : [],
    files: [
      userFile("core-services", "Realm core services"),
      unitFile("core-services.service"),
      environmentFile("/etc/realm-cluster/core-services.env", settings),
      appFile("coreServices.js"),
      appFile("consul.js"),
      ...(graphql ? [appFile("graphql.js")] : []),
      appFile("leave.js"),
      appFile("masters.js"),
      appFile("member.js"),
      appFile("regionHealth.js"),
      ...readinessFiles("core-services"),
    ],
    units: ["core-services.service"],
    stateful: false,
    quorum: "core-services",
    ready: "core-services",
  };
}
