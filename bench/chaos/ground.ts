/** What can be done to a cluster, host by host, and what it has noticed of it. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  EC2Client,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { freeze, thaw } from "../../local/aws/cgroup";
import { cgroupsOf } from "../../local/aws/options";
import { localName } from "../../local/cluster/paths";
import type { HostOutput } from "../../local/cluster/outputs";
import { eventually } from "../../test/cluster/awsCli";
import type { Deployment } from "../../test/cluster/deployment";
import type { Consul } from "./consul";
import { type Cut, around, cut } from "./cuts";
import { type Finding, findings } from "./health";
import type { Roles } from "./roles";

/** Names of the hosts that a service is on. */
export const hostsWith = (hosts: HostOutput[], service: string) =>
  hosts.filter(({ services }) => services.includes(service)).map(({ name }) => name);

/** Names of the hosts in the zone of a host, its own among them. */
export function hostsInZoneOf(hosts: HostOutput[], host: string): string[] {
  const zone = hosts.find(({ name }) => name === host)?.zone;
  return hosts.filter((other) => other.zone === zone).map(({ name }) => name);
}

export class Ground {
  private readonly ec2: EC2Client;
  private readonly frozen = new Set<string>();
  private readonly dark = new Set<string>();

  /**
   * @param roles who was what before the fault
   * @param bystander a host that is not broken, where there is one
   */
  constructor(
    readonly cluster: Deployment,
    readonly consul: Consul,
    readonly roles: Roles,
    readonly bystander: string,
    private readonly vpcId: string,
  ) {
    this.ec2 = new EC2Client(cluster.local.client);
  }

  /** All of the cluster's. */
  get hosts(): string[] {
    return this.cluster.outputs.hosts.map(({ name }) => name);
  }

  hostsWith(service: string): string[] {
    return hostsWith(this.cluster.outputs.hosts, service);
  }

  hostsInZoneOf(host: string): string[] {
    return hostsInZoneOf(this.cluster.outputs.hosts, host);
  }

  addresses(...hosts: string[]): string[] {
    return hosts.map((name) => this.host(name).address);
  }

  /** Ends all of a unit's processes by `kill -9`. */
  async kill(host: string, unit: string): Promise<void> {
    await this.cluster.exec(host, `systemctl kill --signal=KILL ${unit}`);
  }

  /**
   * Cuts the power, and AWS does not know of it: it would tell the load balancer at once. So the hosts hang, and no packet reaches them or
   * comes from them, until they have power again; then nothing is left of what they did not have on their disks.
   */
  async powerOff(...hosts: string[]): Promise<void> {
    this.freeze(...hosts);
    for (const host of hosts) this.dark.add(host);
    await this.cut(...around(this.addresses(...this.dark)));
  }

  /** As EC2 does when it recovers an instance. */
  async powerOn(...hosts: string[]): Promise<void> {
    const InstanceIds = this.ids(hosts);
    await this.ec2.send(new StopInstancesCommand({ InstanceIds, SkipOsShutdown: true }));
    for (const host of hosts) {
      this.frozen.delete(host);
      this.dark.delete(host);
    }
    await this.cut(...(this.dark.size > 0 ? around(this.addresses(...this.dark)) : []));
    await this.cluster.local.settled();
    await this.ec2.send(new StartInstancesCommand({ InstanceIds }));
  }

  async reboot(...hosts: string[]): Promise<void> {
    await this.ec2.send(new RebootInstancesCommand({ InstanceIds: this.ids(hosts) }));
  }

  /** Ends instances for ever, and with no time to end in their own way. */
  async terminate(...hosts: string[]): Promise<void> {
    await this.ec2.send(new TerminateInstancesCommand({ InstanceIds: this.ids(hosts), SkipOsShutdown: true }));
  }

  /** Deletes the data volume of a host that was terminated. */
  async deleteVolume(host: string): Promise<void> {
    const name = `Name=tag:Name,Values=*-${host}-data`;
    const { Volumes } = await eventually(
      () =>
        this.cluster.aws<{ Volumes: { VolumeId: string; State: string }[] }>("ec2 describe-volumes --filters", name),
      ({ Volumes }) => Volumes.some(({ State }) => State === "available"),
    );
    await this.cluster.aws("ec2 delete-volume --volume-id", Volumes[0].VolumeId);
  }

  /** Makes anew what is gone. */
  async replace(): Promise<void> {
    const { ok, output } = await this.cluster.upRefreshed();
    if (!ok) throw new Error(output);
  }

  /** Has hosts hang, with all that runs there. */
  freeze(...hosts: string[]): void {
    for (const host of hosts) {
      freeze(this.processes(host));
      this.frozen.add(host);
    }
  }

  thaw(): void {
    for (const host of this.frozen) thaw(this.processes(host));
    this.frozen.clear();
  }

  /** Makes these cuts in the network, in place of those that there are. */
  async cut(...cuts: Cut[]): Promise<void> {
    await cut(this.vpcId, cuts);
  }

  /** Cuts hosts off, and lets them be reached again, over and over. */
  async flap(cuts: Cut[], times: number, downSeconds: number, upSeconds: number): Promise<void> {
    for (let time = 0; time < times; time++) {
      await this.cut(...cuts);
      await this.seconds(downSeconds);
      await this.cut();
      await this.seconds(upSeconds);
    }
  }

  seconds(seconds: number): Promise<void> {
    return pause(seconds * 1000);
  }

  /** Undoes what may be left of a fault. */
  async end(): Promise<void> {
    if (this.dark.size > 0) await this.powerOn(...this.dark);
    this.thaw();
    await this.cut();
  }

  /** Consul has another leader. */
  async hasOtherLeader(): Promise<boolean> {
    const leader = await this.consul.ask<string>(this.bystander, "status/leader");
    return leader !== "" && !leader.startsWith(`${this.host(this.roles.leader).address}:`);
  }

  /** Consul does not count a host's agent among those that live. */
  async isGone(host: string): Promise<boolean> {
    const checks = await this.consul.ask<{ CheckID: string; Status: string }[]>(
      this.bystander,
      `health/node/${host}?stale`,
    );
    return !checks.some(({ CheckID, Status }) => CheckID === "serfHealth" && Status === "passing");
  }

  /** The worker that has a role at the moment. */
  async worker(role: "master" | "slave" | "spare"): Promise<string | undefined> {
    return (await this.consul.workers(this.bystander))(role);
  }

  /** Whether a Consul server leads. */
  async isLeader(host: string): Promise<boolean> {
    const leader = await this.consul.ask<string>(this.bystander, "status/leader");
    return leader.startsWith(`${this.host(host).address}:`);
  }

  /** Every Consul server is a healthy voter. */
  async isQuorumWhole(): Promise<boolean> {
    const { Healthy, FailureTolerance } = await this.consul.ask<{ Healthy: boolean; FailureTolerance: number }>(
      this.bystander,
      "operator/autopilot/health",
    );
    return Healthy && FailureTolerance > 0;
  }

  /** The agent of a host cannot tell who leads. */
  async isCutOff(host: string): Promise<boolean> {
    return this.consul.ask<string>(host, "status/leader").then(
      (leader) => leader === "",
      () => true,
    );
  }

  /** The load balancer does not send anybody to a host. */
  async isOutOfTurn(host: string): Promise<boolean> {
    const { loadBalancers } = await this.cluster.local.state();
    const targets = loadBalancers.flatMap(({ targets }) => targets);
    return !targets.some(({ id, state }) => id === this.cluster.instanceId(host) && state === "healthy");
  }

  /** A unit's first process, by its number; 0 while it does not run. */
  async mainProcess(host: string, unit: string): Promise<number> {
    return Number(await this.cluster.exec(host, `systemctl show --property MainPID --value ${unit}`));
  }

  /** What the doctor finds wrong. */
  findings(): Promise<Finding[]> {
    return findings(this.cluster);
  }

  private processes(host: string): string {
    return join(cgroupsOf(localName).hosts, this.cluster.instanceId(host), "boot");
  }

  private ids(hosts: string[]): string[] {
    return hosts.map((host) => this.cluster.instanceId(host));
  }

  private host(name: string) {
    return this.cluster.outputs.hosts.find((host) => host.name === name)!;
  }
}
