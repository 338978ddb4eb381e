import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Host, type HostExit } from "../host";
import type { Cloud, Instance } from "../model/model";
import { gatewayOf, parseCidr } from "../network/addresses";
import { connect, disconnect } from "../network/link";
import { hostNamespace, linkName, vpcNamespace } from "../network/names";
import { createVolume, deleteVolume } from "../volume";
import { stepName, type Actual, type Step } from "./diff";

/** What is known of a host besides what it tells itself. Kept in its directory. */
interface Placement {
  instanceId: string;
  vpcId: string;
  address: string;
}

interface Entry extends Placement {
  host: Host;
  /** What is being done to it. */
  doing?: Step["do"];
}

export interface HostsOptions {
  /** Prefix of namespaces. */
  name: string;
  image: string;
  /** Certificate authority that hosts trust. */
  trust: string;
  /** Directory of all instances, and of all volumes. */
  instancesDir: string;
  volumesDir: string;
  /** The image of a snapshot. */
  snapshotFile(snapshotId: string): string;
  /** Control group of all hosts. */
  cgroup: string;
  /** A step has ended, or a host has; with the error if it failed. */
  onChange(what: string, error?: Error): void;
  /** A host ended that nobody asked to end. It is left alone until this is told to the API. */
  onExit(instanceId: string, exit: HostExit): Promise<void>;
}

/** The hosts and volumes on this machine. Steps on different hosts go on at once; those on one host do not. */
export class Hosts {
  private readonly entries = new Map<string, Entry>();
  /** Names of the steps that have begun and not ended. */
  private readonly underWay = new Set<string>();

  constructor(private readonly options: HostsOptions) {
    mkdirSync(options.instancesDir, { recursive: true });
    mkdirSync(options.volumesDir, { recursive: true });
  }

  /** Takes over the hosts that an earlier process left. */
  adopt(): void {
    for (const id of readdirSync(this.options.instancesDir)) {
      const file = this.placementFile(id);
      if (existsSync(file)) this.enter(JSON.parse(readFileSync(file, "utf8")) as Placement);
    }
  }

  actual(): Actual {
    return {
      hosts: [...this.entries.values()].map(({ host, doing, instanceId, vpcId, address }) => ({
        instanceId,
        vpcId,
        address,
        busy: doing !== undefined,
        running: host.running,
        attached: host.attachments.map((volume) => volume.volumeId),
      })),
      // A copy that is being made begins with a dot.
      volumes: readdirSync(this.options.volumesDir).flatMap((file) => /^(vol-.*)\.img$/.exec(file)?.[1] ?? []),
    };
  }

  get(instanceId: string): Host | undefined {
    return this.entries.get(instanceId)?.host;
  }

  /** Whether the instance is on: it has booted, and nothing is ending it. */
  isOn(instanceId: string): boolean {
    const entry = this.entries.get(instanceId);
    return entry !== undefined && entry.host.running && [undefined, "attach", "detach"].includes(entry.doing);
  }

  has(instanceId: string): boolean {
    return this.entries.has(instanceId);
  }

  ids(): string[] {
    return [...this.entries.keys()];
  }

  /** Begins a step and tells onChange when it has ended; does nothing while the volume or the host is still busy. */
  begin(step: Step, cloud: Cloud): void {
    const entry = step.do === "boot" ? this.enter(step.instance) : this.entryOf(step);
    if (entry?.doing || this.underWay.has(stepName(step))) return;
    this.occupy(entry, step.do, stepName(step), () => this.perform(step, cloud, entry));
  }

  /** Whether anything is being done. */
  busy(): boolean {
    return this.underWay.size > 0;
  }

  /** Lets go of all hosts and leaves them running. */
  release(): void {
    for (const { host } of this.entries.values()) host.release();
  }

  volumeFile(volumeId: string): string {
    return join(this.options.volumesDir, `${volumeId}.img`);
  }

  /** The host that the volume is attached to. */
  holderOf(volumeId: string): Host | undefined {
    const hosts = [...this.entries.values()].map(({ host }) => host);
    return hosts.find(({ attachments }) => attachments.some((attachment) => attachment.volumeId === volumeId));
  }

  private occupy(entry: Entry | undefined, doing: Step["do"], what: string, action: () => Promise<void>): void {
    if (entry) entry.doing = doing;
    this.underWay.add(what);
    const end = (error?: Error) => {
      if (entry) entry.doing = undefined;
      this.underWay.delete(what);
      this.options.onChange(what, error);
    };
    action().then(() => end(), end);
  }

  private async perform(step: Step, cloud: Cloud, entry: Entry | undefined): Promise<void> {
    if (step.do === "create-volume") {
      const { id, size, snapshotId } = step.volume;
      return createVolume(this.volumeFile(id), size, snapshotId && this.options.snapshotFile(snapshotId));
    }
    if (step.do === "delete-volume") return deleteVolume(this.volumeFile(step.volumeId));
    if (!entry) throw new Error(`there is no host ${step.do === "boot" ? step.instance.id : step.instanceId}`);
    if (step.do === "boot") return this.boot(step.instance, cloud, entry);
    if (step.do === "stop") return entry.host.poweroff();
    if (step.do === "remove") return this.remove(entry);
    if (step.do === "detach") return entry.host.detach(step.volumeId);
    const { volume, device } = step;
    return entry.host.attach({ volumeId: volume.id, image: this.volumeFile(volume.id), device });
  }

  private async boot(instance: Instance, cloud: Cloud, { host }: Entry): Promise<void> {
    const subnet = cloud.subnets.find((candidate) => candidate.id === instance.subnetId)!;
    await connect({
      ...this.linkOf(instance.id, instance.vpcId),
      address: instance.address,
      mac: instance.mac,
      gateway: gatewayOf(subnet.cidr),
      prefix: parseCidr(subnet.cidr).prefix,
    });
    if (!host.running) await host.boot();
  }

  private async remove({ host, instanceId, vpcId }: Entry): Promise<void> {
    // EC2 gives an instance that is terminated a while to shut down.
    if (host.running) await host.poweroff(TERMINATION_GRACE_SECONDS);
    await host.remove();
    await disconnect(this.linkOf(instanceId, vpcId));
    this.entries.delete(instanceId);
  }

  private linkOf(instanceId: string, vpcId: string) {
    return {
      vpcNamespace: vpcNamespace(this.options.name, vpcId),
      hostNamespace: hostNamespace(this.options.name, instanceId),
      device: linkName(instanceId),
    };
  }

  private entryOf(step: Step): Entry | undefined {
    return "instanceId" in step ? this.entries.get(step.instanceId) : undefined;
  }

  private enter(instance: Placement | Instance): Entry {
    const instanceId = "instanceId" in instance ? instance.instanceId : instance.id;
    const known = this.entries.get(instanceId);
    if (known) return known;
    const { vpcId, address } = instance;
    const dir = join(this.options.instancesDir, instanceId);
    const host = new Host({
      id: instanceId,
      dir,
      image: this.options.image,
      netns: hostNamespace(this.options.name, instanceId),
      trust: this.options.trust,
      cgroup: this.options.cgroup,
    });
    writeFileSync(this.placementFile(instanceId), JSON.stringify({ instanceId, vpcId, address }));
    const entry: Entry = { instanceId, vpcId, address, host };
    host.onExit((exit) => {
      if (entry.doing === "stop" || entry.doing === "remove") return;
      this.occupy(entry, "stop", `end ${instanceId}`, () => this.options.onExit(instanceId, exit));
    });
    this.entries.set(instanceId, entry);
    return entry;
  }

  private placementFile(instanceId: string): string {
    return join(this.options.instancesDir, instanceId, "placement.json");
  }
}

const TERMINATION_GRACE_SECONDS = 10;
