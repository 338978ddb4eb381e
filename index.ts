import * as pulumi from "@pulumi/pulumi";
import { Backup } from "./components/Backup";
import { ClusterKeys } from "./components/ClusterKeys";
import { consulNodes } from "./components/ConsulNode";
import { CoreServicesNode } from "./components/CoreServicesNode";
import { Dns } from "./components/Dns";
import { Firewall } from "./components/Firewall";
import type { HostArgs } from "./components/Host";
import { HostRole } from "./components/HostRole";
import { inService, inTurn } from "./components/inTurn";
import { LoadBalancer } from "./components/LoadBalancer";
import { MachineImage } from "./components/MachineImage";
import { Network } from "./components/Network";
import { Quorums } from "./components/Quorums";
import { SecretRotation } from "./components/SecretRotation";
import { SyncWorkerGroup } from "./components/SyncWorkerGroup";
import { Watching } from "./components/Watching";
import { readConfig } from "./config";
import { lookUpFacts } from "./facts";
import { consulCommands, hostOutputs, readme } from "./outputs";
import { planCluster } from "./plan";
import { ENDPOINTS, LOAD_BALANCER } from "./plan/firewall";
import type { HostPlan } from "./plan/hosts";
import { refuseInterrupted } from "./recover/guard";

export = async () => {
  const config = readConfig();
  const stack = pulumi.getStack();
  const [facts] = await Promise.all([lookUpFacts(config, stack), refuseInterrupted(stack)]);
  const plan = planCluster(config, facts, stack);
  const { names, region } = plan;
  const timeoutMinutes = config.bootTimeoutMinutes;
  for (const { name } of plan.hosts.filter((host) => config.discardData.includes(host.name))) {
    pulumi.log.warn(`when ${name} is removed its data volume is deleted: discardData names it`);
  }
  const cluster = { name: names.cluster, prefix: names.prefix, tags: config.tags };

  const network = new Network("network", { cluster, region, plan: plan.network });
  const { vpcId } = network;
  const firewall = new Firewall("firewall", { cluster, vpcId, plan: plan.firewall });
  const endpoints = network.endpoints(firewall.groupIds[ENDPOINTS]);
  const { secretPath } = names;
  const { featureToken, npmToken, authKey, rotation } = config;
  const keys = new ClusterKeys("keys", {
    cluster,
    secretPath,
    secrets: plan.secrets,
    featureToken,
    npmToken,
    authKey,
    rotation,
    consul: config.consul,
  });
  const { done: rotated } = new SecretRotation("rotation", {
    region,
    names,
    rotations: plan.rotations,
    parameters: keys.parameters,
    timeoutMinutes,
  });
  const roles = new Map(plan.roles.map((role) => [role.name, new HostRole(role.name, { cluster, plan: role })]));

  const { imageId } = new MachineImage("image", { image: config.image, found: plan.imageId });

  const connected = [...network.ready, ...firewall.rules, ...endpoints];
  const hostArgs = (hosts: HostPlan[], yieldsTo: pulumi.Resource[] = []): HostArgs[] =>
    hosts.map((host) => {
      const role = roles.get(host.name);
      if (!role) throw new Error(`the plan has no role for ${host.name}`);
      return {
        cluster,
        region,
        imageId,
        plan: host,
        subnetId: network.privateSubnetIds[host.zone],
        securityGroupId: firewall.groupIds[host.tier],
        instanceProfile: role.instanceProfile,
        bootTimeoutMinutes: config.bootTimeoutMinutes,
        after: [...connected, ...Object.values(keys.parameters), ...rotated, ...role.ready],
        yieldsTo,
      };
    });
  // A change of everything goes through the servers first, then through the groups at once, then through the core services.
  const quorums = new Quorums("quorums", { region, names, quorums: plan.quorums, timeoutMinutes });
  const consul = consulNodes(hostArgs(plan.consul), quorums);
  const servers = consul.map(({ host }) => host);
  const taken = servers.map(({ networkInterface }) => networkInterface);
  const groups = plan.groups.map(({ label, hosts, members }) => {
    const colocated = servers.filter(({ hostName }) => members.includes(hostName));
    const before = consul.flatMap(inService);
    return new SyncWorkerGroup(label, { label, hosts: hostArgs(hosts, taken), members: colocated, before });
  });
  const stateful = [...servers, ...groups.flatMap((group) => group.hosts)].map(({ ready }) => ready);
  const loadBalancer = new LoadBalancer("load-balancer", {
    ...config.loadBalancer,
    cluster,
    vpcId,
    plan: plan.loadBalancer,
    subnetIds: network.subnetIds[plan.loadBalancer.subnets],
    securityGroupId: firewall.groupIds[LOAD_BALANCER],
    outward: network.outward,
    after: firewall.rules,
    timeoutMinutes,
  });
  const nodes = inTurn(
    hostArgs(plan.coreServices, taken),
    stateful,
    (host) => new CoreServicesNode(host.plan.name, { host, loadBalancer }),
  );
  loadBalancer.awaitHealth(nodes);
  quorums.settle([...stateful, ...nodes.flatMap(inService)]);
  const core = nodes.map(({ host }) => host);

  if (plan.backup) new Backup("backup", { cluster, plan: plan.backup, retainData: config.retainData });
  const all = [...servers, ...groups.flatMap((group) => group.hosts), ...core];
  if (Object.keys(plan.dns).length > 0) new Dns("dns", { cluster, plan: plan.dns, vpcId, loadBalancer, hosts: all });

  if (plan.watching) {
    const after = [...roles.values()].flatMap(({ ready }) => ready);
    new Watching("watching", { cluster, plan: plan.watching, loadBalancer, hosts: all, after });
  }

  const hosts = hostOutputs(plan, all);
  const commands = consulCommands(plan, hosts);
  return {
    studioUrl: loadBalancer.url,
    adminToken: keys.adminToken,
    ...commands,
    hosts,
    loadBalancer: loadBalancer.dnsName,
    readme: readme(plan, hosts, loadBalancer, commands),
  };
};
