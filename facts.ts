import { getEbsVolumes } from "@pulumi/aws/ebs/getEbsVolumes";
import * as ec2 from "@pulumi/aws/ec2";
import { getAvailabilityZones } from "@pulumi/aws/getAvailabilityZones";
import { getCallerIdentity } from "@pulumi/aws/getCallerIdentity";
import { getPartition } from "@pulumi/aws/getPartition";
import { getRegion } from "@pulumi/aws/getRegion";
import { getZone } from "@pulumi/aws/route53/getZone";
import * as ssm from "@pulumi/aws/ssm";
import { dataVolumeName, tagged } from "./components/cluster";
import { ConfigError } from "./config/faults";
import type { Config } from "./config/schema";
import { parseBootReport } from "./gates/bootReport";
import type { Facts, RealmsFate } from "./plan/facts";
import { type Names, hostNames, nameCluster } from "./plan/names";

/**
 * Asks AWS what the plan depends on.
 *
 * @param stack the stack's name, which is the cluster's
 * @throws ConfigError when a subnet to adopt is not in the VPC to adopt
 */
export async function lookUpFacts(config: Config, stack: string): Promise<Facts> {
  const { image, network, dns, loadBalancer } = config;
  const names = nameCluster(stack);
  const [region, partition, caller, zones, imageId, hosts, zoneName, adopted] = await Promise.all([
    getRegion(),
    getPartition(),
    getCallerIdentity(),
    // Local and wavelength zones must be opted into, and have no NAT gateways.
    getAvailabilityZones({
      state: "available",
      filters: [{ name: "opt-in-status", values: ["opt-in-not-required"] }],
    }),
    findImage(image),
    lookUpHosts(names),
    dns.zoneId === undefined ? undefined : nameOfZone(dns.zoneId),
    network.adopt && lookUpNetwork(network.adopt, loadBalancer.internal),
  ]);
  return {
    region: region.region,
    partition: partition.partition,
    account: caller.accountId,
    zones: [...zones.names].sort(),
    imageId,
    hosts,
    leaving: await lookUpLeaving(config, names, hosts),
    ...(zoneName !== undefined && { zoneName }),
    ...(adopted && { adopted }),
  };
}

/**
 * The id of the image that is named. Images that their owner calls deprecated are found too: a pinned name stays valid.
 *
 * @throws ConfigError when there is none, or none any more
 */
async function findImage(image: Config["image"]): Promise<string> {
  if ("id" in image) return image.id;
  const filters = [{ name: "name", values: [image.name] }];
  const { ids } = await ec2.getAmiIds({ owners: [image.owner], filters, includeDeprecated: true });
  if (ids.length > 0) return ids[0];
  const reason = `is ${image.name}, which ${image.owner} does not have in this region`;
  const write =
    "write the name of another image, or the {id} of the one that the hosts have, which does not replace them";
  throw new ConfigError([{ path: "image", reason, write }]);
}

/** The hosts of the running cluster; none before the first deployment. */
async function lookUpHosts({ cluster, bootReports }: Names): Promise<Facts["hosts"]> {
  const { names, values } = await ssm.getParametersByPath({ path: bootReports });
  // An instance that is gone, or stopped, has its last report still.
  if (names.length === 0) return new Map();
  const running = await ec2.getInstances({ instanceTags: { Cluster: cluster } });
  const works = (value: string) => {
    const report = parseBootReport(value);
    return report?.state === "ready" && running.ids.includes(report.instanceId);
  };
  return new Map(
    names.map((name, index) => [name.slice(bootReports.length + 1), { works: works(values[index]) }] as const),
  );
}

/** What becomes of the Realms of hosts that the configuration has no longer. */
async function lookUpLeaving(config: Config, names: Names, hosts: Facts["hosts"]): Promise<Facts["leaving"]> {
  const wanted = hostNames(config);
  const leaving = [...hosts.keys()].filter((name) => !wanted.includes(name));
  const fates = await Promise.all(leaving.map((host) => fateOfRealms(names, host)));
  return new Map(
    leaving.flatMap((host, index) => {
      const fate = fates[index];
      return fate === undefined ? [] : [[host, fate] as const];
    }),
  );
}

/** Undefined for a host without Realms. Volumes that stayed when a host of the same name went are there as well. */
async function fateOfRealms({ cluster, prefix }: Names, host: string): Promise<RealmsFate | undefined> {
  const has = async (Realms: RealmsFate) => {
    const { Cluster, Name } = tagged({ name: cluster, prefix, tags: {} }, dataVolumeName(host));
    const filters = Object.entries({ Cluster, Name, Realms });
    const { ids } = await getEbsVolumes({
      filters: filters.map(([tag, value]) => ({ name: `tag:${tag}`, values: [String(value)] })),
    });
    return ids.length > 0;
  };
  const [deleted, kept] = await Promise.all([has("delete"), has("keep")]);
  if (deleted) return "delete";
  return kept ? "keep" : undefined;
}

async function nameOfZone(zoneId: string): Promise<string> {
  const { name } = await getZone({ zoneId });
  return name.replace(/\.$/, "");
}

async function lookUpNetwork(
  adopt: NonNullable<Config["network"]["adopt"]>,
  internal: boolean,
): Promise<NonNullable<Facts["adopted"]>> {
  const describe = async (id: string) => ec2.getSubnet({ id });
  const [vpc, privateSubnets, publicSubnets] = await Promise.all([
    ec2.getVpc({ id: adopt.vpcId }),
    Promise.all(adopt.privateSubnetIds.map(describe)),
    Promise.all((adopt.publicSubnetIds ?? []).map(describe)),
  ]);
  const strange = [...privateSubnets, ...publicSubnets].filter(({ vpcId }) => vpcId !== adopt.vpcId);
  if (strange.length > 0) {
    const write = `write subnets of ${adopt.vpcId}`;
    throw new ConfigError(
      strange.map(({ id, vpcId }) => ({ path: "network.adopt", reason: `has ${id}, which is in ${vpcId}`, write })),
    );
  }
  const kind = internal ? "private" : "public";
  const balanced = { private: privateSubnets, public: publicSubnets }[kind];
  if (new Set(balanced.map(({ availabilityZone }) => availabilityZone)).size < 2) {
    const reason = "has all its subnets in one zone";
    const write = "write subnets of two zones: a load balancer needs them";
    throw new ConfigError([{ path: `network.adopt.${kind}SubnetIds`, reason, write }]);
  }
  return {
    cidr: vpc.cidrBlock,
    privateSubnets: privateSubnets.map(({ id, availabilityZone, cidrBlock }) => ({
      id,
      zone: availabilityZone,
      cidr: cidrBlock,
    })),
  };
}
