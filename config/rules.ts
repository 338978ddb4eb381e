import type { Fault } from "./faults";
import { isWithin } from "./leaves";
import type { Config } from "./schema";
import { CONSUL_URL } from "./sections/consul";
import { NODE_URL } from "./sections/node";

/** A rule that binds more than one value. It runs once all sections that it reads are free of faults of their own. */
interface Rule {
  reads: (keyof Config)[];
  check: (config: Config) => (Fault | false | undefined)[];
}

const groups: Rule = {
  reads: ["syncWorkerGroups"],
  check: ({ syncWorkerGroups }) => {
    const labels = syncWorkerGroups.map((group) => group.label);
    return [
      !labels.includes("default") && {
        path: "syncWorkerGroups",
        reason: "has no group `default`",
        write: "label one group `default`: Realm keeps its own realms there",
      },
      ...syncWorkerGroups.map(
        ({ label }, index) =>
          labels.indexOf(label) < index && {
            path: `syncWorkerGroups[${index}].label`,
            reason: `is "${label}" a second time`,
            write: "write a label of its own",
          },
      ),
      ...syncWorkerGroups.map(
        ({ workers, allowSingleWorker }, index) =>
          workers === 1 &&
          !allowSingleWorker && {
            path: `syncWorkerGroups[${index}].workers`,
            reason: "is 1",
            write: "write 2 or 3, or add allowSingleWorker: true: with one worker its host's loss is the group's",
          },
      ),
    ];
  },
};

const colocation: Rule = {
  reads: ["placement", "consul", "syncWorkerGroups"],
  check: ({ placement, consul, syncWorkerGroups }) => {
    const index = syncWorkerGroups.findIndex(({ label }) => label === "default");
    const group = syncWorkerGroups[index];
    if (placement !== "colocated" || group === undefined) return [];
    const path = `syncWorkerGroups[${index}]`;
    return [
      group.workers > consul.servers && {
        path: `${path}.workers`,
        reason: `is ${group.workers}, with ${consul.servers} Consul server(s) to live on`,
        write: `write ${consul.servers} or less, or choose placement: dedicated`,
      },
      ...(["instanceType", "volumeGiB"] as const).map(
        (key) =>
          group[key] !== undefined && {
            path: `${path}.${key}`,
            reason: "is set, though in colocated placement these workers live on the Consul servers' hosts",
            write: `set consul.${key} instead`,
          },
      ),
    ];
  },
};

const packages: Rule = {
  reads: ["realm", "node", "npmToken"],
  check: ({ realm, node, npmToken }) => [
    realm.registry === undefined &&
      realm.artifact === undefined && {
        path: "realm",
        reason: "does not say where the Realm packages come from",
        write: "set realm.registry (with npmToken) or realm.artifact: the Enterprise package is on no public registry",
      },
    realm.registry !== undefined &&
      realm.artifact !== undefined && {
        path: "realm",
        reason: "has both registry and artifact",
        write: "keep one of them",
      },
    npmToken !== undefined &&
      realm.registry === undefined && {
        path: "npmToken",
        reason: "is set, but nothing reads it",
        write: "set realm.registry, or remove it",
      },
    realm.artifact !== undefined &&
      realm.lockFile !== undefined && {
        path: "realm.lockFile",
        reason: "is set, but an artifact is not installed by npm",
        write: "remove it",
      },
    realm.artifact !== undefined &&
      Object.keys(realm.overrides).length > 0 && {
        path: "realm.overrides",
        reason: "is set, but an artifact is not installed by npm",
        write: "remove it",
      },
    realm.artifact === undefined &&
      realm.lockFile === undefined &&
      Object.keys(realm.overrides).length > 0 &&
      Number.parseInt(node.version, 10) < 16 && {
        path: "realm.overrides",
        reason: `needs the npm of Node 16 or later, and node.version is ${node.version}`,
        write: "set realm.lockFile, which has them in it, or node.version (with its sha256)",
      },
  ],
};

const placeOnNetwork: Rule = {
  reads: ["network", "zones", "consul", "node"],
  check: ({ network, zones, consul, node }) => {
    const prefix = Number(network.cidr.split("/")[1]);
    const isolated = network.adopt === undefined && network.nat === "none";
    return [
      ...(["consul", "node"] as const).map(
        (key) =>
          isolated &&
          { consul, node }[key].url === { consul: CONSUL_URL, node: NODE_URL }[key] && {
            path: `${key}.url`,
            reason: "is on the internet, which hosts cannot reach with network.nat: none",
            write: "write the URL of a mirror that the VPC can reach, or choose network.nat: single",
          },
      ),
      (prefix < 16 || prefix > 22) && {
        path: "network.cidr",
        reason: `is a /${prefix}`,
        write:
          "write a /16 to a /22: AWS allows no larger VPC, and a smaller one has no room for a load balancer in each zone",
      },
      network.adopt !== undefined &&
        zones.length > 0 && {
          path: "zones",
          reason: "is set, though an adopted network's zones are those of its private subnets",
          write: "remove it",
        },
    ];
  },
};

const advertisement: Rule = {
  reads: ["coreServices"],
  check: ({ coreServices: { nodes, advertiseAddress } }) => [
    nodes > 1 &&
      advertiseAddress !== undefined &&
      !advertiseAddress.includes("{host}") && {
        path: "coreServices.advertiseAddress",
        reason: `is ${advertiseAddress} for ${nodes} nodes`,
        write: 'write a name for each of them, such as "{host}.realm.example.com": {host} becomes core-services-01',
      },
  ],
};

const naming: Rule = {
  reads: ["dns", "loadBalancer"],
  check: ({ dns, loadBalancer }) => [
    dns.zoneId !== undefined &&
      loadBalancer.domain === undefined && {
        path: "dns.zoneId",
        reason: "is set, but there is no name to put into the zone",
        write: "set loadBalancer.domain, or remove it",
      },
  ],
};

const reachability: Rule = {
  reads: ["loadBalancer"],
  check: ({ loadBalancer: { allowedCidrs = [] } }) =>
    allowedCidrs.map((inner, index) => {
      const outer = allowedCidrs.find(
        (other, at) => at !== index && isWithin(inner, other) && (at < index || inner !== other),
      );
      return (
        outer !== undefined && {
          path: `loadBalancer.allowedCidrs[${index}]`,
          reason: inner === outer ? `is ${inner} a second time` : `is ${inner}, a part of ${outer}`,
          write: "remove one of the two",
        }
      );
    }),
};

const adoption: Rule = {
  reads: ["network"],
  check: ({ network: { adopt } }) =>
    (adopt?.publicSubnetIds ?? []).map(
      (id, index) =>
        adopt!.privateSubnetIds.includes(id) && {
          path: `network.adopt.publicSubnetIds[${index}]`,
          reason: `is ${id}, which is among the private ones, too`,
          write: "write a subnet with a route to an internet gateway, which the hosts do not live in",
        },
    ),
};

const exposure: Rule = {
  reads: ["loadBalancer", "network"],
  check: ({ loadBalancer, network }) => [
    network.adopt !== undefined &&
      network.adopt.publicSubnetIds === undefined &&
      !loadBalancer.internal && {
        path: "network.adopt.publicSubnetIds",
        reason: "is missing",
        write: "write the ids of 2 or more public subnets, or set loadBalancer.internal: true",
      },
    loadBalancer.certificateArn === undefined &&
      loadBalancer.allowedCidrs === undefined && {
        path: "loadBalancer.allowedCidrs",
        reason: "is missing, and without a certificate tokens cross the network in the clear",
        write: 'write who may reach the load balancer, such as ["203.0.113.0/24"], or set loadBalancer.certificateArn',
      },
    (loadBalancer.certificateArn === undefined) !== (loadBalancer.domain === undefined) && {
      path: "loadBalancer",
      reason: "has only one of certificateArn and domain",
      write: "set both: the certificate is for the domain that clients use",
    },
  ],
};

const rotatedKey: Rule = {
  reads: ["authKey", "rotation"],
  check: ({ authKey, rotation }) => [
    authKey !== undefined &&
      rotation.authKey !== undefined && {
        path: "rotation.authKey",
        reason: "is set, but the key is the one in authKey",
        write: "remove it, and set authKey to the new private key",
      },
  ],
};

const backups: Rule = {
  reads: ["backup"],
  check: ({ backup }) => [
    backup.copyToRegion !== undefined &&
      backup.schedule === undefined && {
        path: "backup.copyToRegion",
        reason: "is set, but nothing is backed up",
        write: 'set backup.schedule, such as "cron(0 3 * * ? *)", or remove it',
      },
  ],
};

const watched: Rule = {
  reads: ["watching"],
  check: ({ watching: { enabled, notify } }) => [
    notify.length > 0 &&
      !enabled && {
        path: "watching.notify",
        reason: "is set, but there are no alarms to hear of",
        write: "set watching.enabled: true, or remove it",
      },
  ],
};

/** All rules that bind more than one value, in the order in which their faults are shown. */
export const rules: Rule[] = [
  placeOnNetwork,
  adoption,
  packages,
  groups,
  colocation,
  advertisement,
  exposure,
  reachability,
  naming,
  rotatedKey,
  backups,
  watched,
];
