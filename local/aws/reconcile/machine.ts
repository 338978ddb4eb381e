import { EventEmitter, once } from "node:events";
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { Machine as MachineView } from "../api/gap";
import type { LocalOperations, LocalState } from "../api/local";
import { LoopbackAddresses } from "../addresses";
import type { Forward } from "../balancer/config";
import { HAProxy, type ServedSpec } from "../balancer/haproxy";
import type { TargetHealth } from "../balancer/serverState";
import { Certificates } from "../certificates";
import type { Clients } from "../clients";
import type { Host } from "../host";
import type { PolicyDocument } from "../iam/policy";
import type { CommandResult } from "../../process";
import type { Cloud, Instance } from "../model/model";
import { closeConnections } from "../network/namespace";
import { hostNamespace, vpcNamespace } from "../network/names";
import { cgroupsOf, type AwsOptions, type StatePaths } from "../options";
import { RunCommand } from "../ssm/runCommand";
import type { CertificateAuthority } from "../tls";
import { ApiView } from "./apiView";
import { backendName, planBalancers, serverName } from "./balancerPlan";
import { diff, stepName } from "./diff";
import { Draining } from "./draining";
import { stopInApi } from "./exit";
import { Faults } from "./faults";
import { Hosts } from "./hosts";
import { Loop } from "./loop";
import { planNetworks } from "./networkPlan";
import { Networks } from "./networks";
import { Snapshots } from "./snapshots";
import { localState } from "./state";

export interface MachineOptions extends AwsOptions {
  paths: StatePaths;
  clients: Clients;
  authority: CertificateAuthority;
  /** What the role of an instance may do. */
  policiesOf(instance: Instance): Promise<PolicyDocument[]>;
  log(line: string): void;
}

/** This machine, made into what the API says. */
export class Machine implements MachineView, LocalOperations {
  readonly faults: Faults;
  readonly ec2: EC2Client;
  readonly runCommand: RunCommand;
  readonly draining: Draining;
  readonly snapshots: Snapshots;
  private readonly hosts: Hosts;
  private readonly networks: Networks;
  private readonly view: ApiView;
  private readonly haproxy: HAProxy;
  private readonly loop: Loop;
  private readonly certificates: Certificates;
  private readonly balancerAddresses: LoopbackAddresses;
  private readonly forwardAddresses: LoopbackAddresses;
  private readonly forwards = new Map<string, Forward>();
  /** By how many seconds the clocks of instances are ahead of AWS's. */
  private readonly clocks = new Map<string, number>();
  private readonly changes = new EventEmitter();
  private apiPort = 0;

  constructor(private readonly options: MachineOptions) {
    const { paths, name, region, log } = options;
    this.faults = new Faults(log);
    this.certificates = new Certificates(paths.certificates, options.clients.acm, options.authority);
    this.ec2 = options.clients.ec2;
    this.view = new ApiView(options.clients, region);
    this.runCommand = new RunCommand(this, options.policiesOf);
    this.networks = new Networks(name, paths.networks, log);
    this.haproxy = new HAProxy(paths.balancer);
    this.balancerAddresses = new LoopbackAddresses("127.77.0", paths.balancerAddresses);
    this.forwardAddresses = new LoopbackAddresses("127.77.1", paths.forwardAddresses);
    this.snapshots = new Snapshots(paths.snapshots, {
      settled: () => this.settled(),
      volumeFile: (id) => this.hosts.volumeFile(id),
      holderOf: (id) => this.hosts.holderOf(id),
    });
    this.hosts = new Hosts({
      name,
      image: options.image,
      trust: options.authority.certificate,
      instancesDir: paths.instances,
      volumesDir: paths.volumes,
      snapshotFile: (id) => this.snapshots.file(id),
      cgroup: cgroupsOf(name).hosts,
      onChange: (what, error) => this.stepEnded(what, error),
      onExit: (id, exit) => stopInApi(this.ec2, id, exit).finally(() => this.view.changed("ec2")),
    });
    this.draining = new Draining({
      cloud: () => this.view.current,
      disconnect: (vpcId, address, port) =>
        void this.part("close connections", () => closeConnections(vpcNamespace(name, vpcId), address, port)),
    });
    this.loop = new Loop(
      () => this.reconcile(),
      () => undefined,
    );
  }

  /** @param apiPort where hosts' calls of AWS services go */
  async start(apiPort: number): Promise<void> {
    this.apiPort = apiPort;
    await this.certificate();
    this.hosts.adopt();
    this.trigger();
  }

  /** Stops looking after the machine; hosts are left as they are. */
  async stop(): Promise<void> {
    await this.loop.stop();
    this.hosts.release();
    this.haproxy.stop();
    await this.networks.stop();
    this.balancerAddresses.close();
    this.forwardAddresses.close();
  }

  /** Something may have changed in this part of the API. */
  onMutation(service: string): void {
    if (this.view.changed(service)) this.trigger();
  }

  private trigger(): void {
    this.loop.trigger();
  }

  cloud(): Cloud {
    return this.view.current;
  }

  /** The running instance that has the address. */
  instanceAt(vpcId: string, address: string): Instance | undefined {
    return this.view.current.instances.find(
      (instance) => instance.state === "running" && instance.vpcId === vpcId && instance.address === address,
    );
  }

  setClock(instanceId: string, secondsAhead: number): void {
    this.clocks.set(instanceId, secondsAhead);
  }

  /** What time it is in AWS, as the instance is to see it. */
  now(instanceId = ""): Date {
    return new Date(Date.now() - (this.clocks.get(instanceId) ?? 0) * 1000);
  }

  host(instanceId: string): Host | undefined {
    return this.hosts.get(instanceId);
  }

  isOn(instanceId: string): boolean {
    return this.hosts.isOn(instanceId);
  }

  keepCertificateKey(privateKey: string): void {
    this.certificates.keep(privateKey);
    // It may be the new one of a certificate that is served.
    this.trigger();
  }

  balancerAddress(arn: string): Promise<string> {
    return this.balancerAddresses.claim(arn);
  }

  async targetHealth(groupArn: string): Promise<Map<string, TargetHealth> | undefined> {
    const group = this.view.current.targetGroups.find(({ arn }) => arn === groupArn);
    const balancer = this.view.current.loadBalancers.find(({ listeners }) =>
      listeners.some(({ action }) => action.type === "forward" && action.targetGroupArn === groupArn),
    );
    if (!group || !balancer) return undefined;
    const health = await this.haproxy.targetHealth();
    const backend = backendName(balancer, group);
    return new Map(
      group.targets.flatMap((target) => {
        const found = health.get(`${backend}/${serverName(target)}`);
        return found ? [[serverName(target), found]] : [];
      }),
    );
  }

  async state(): Promise<LocalState> {
    return localState({
      ...this.options,
      apiPort: this.apiPort,
      cloud: this.view.current,
      hosts: this.hosts,
      faults: this.faults.list(),
      busy: this.hosts.busy() || !this.loop.isIdle,
      balancerAddress: (arn) => this.balancerAddresses.get(arn),
      targetHealth: (arn) => this.targetHealth(arn),
      balancerEvents: await this.haproxy.events(),
    });
  }

  async exec(instanceId: string, command: string[], timeoutSeconds?: number): Promise<CommandResult> {
    const host = this.host(instanceId);
    if (!host) throw new Error(`there is no host of ${instanceId}`);
    return host.exec(command, timeoutSeconds);
  }

  async forward(instanceId: string, port: number): Promise<{ address: string; url: string }> {
    if (!this.hosts.isOn(instanceId)) throw new Error(`${instanceId} is not on`);
    const address = await this.forwardAddresses.claim(instanceId);
    const namespace = hostNamespace(this.options.name, instanceId);
    this.forwards.set(`${instanceId}:${port}`, { instanceId, namespace, address, port });
    await this.balance();
    return { address: `${address}:${port}`, url: `http://${address}:${port}` };
  }

  async settled(): Promise<void> {
    do {
      await this.loop.settled();
      if (this.hosts.busy()) await once(this.changes, "step");
    } while (this.hosts.busy() || !this.loop.isIdle);
  }

  /** One look at what there should be, and all that can be done about it now. */
  private async reconcile(): Promise<void> {
    const { name, internet = {} } = this.options;
    const cloud = await this.part("read the API", () => this.view.read((instanceId) => this.hosts.has(instanceId)));
    if (!cloud) throw new Error("the API was not read");
    const plans = planNetworks(cloud, name, Object.keys(internet));
    const networked = await this.part("make the networks", () => this.networks.apply(plans).then(() => true));
    const balanced = await this.part("balance", () => this.balance().then(() => true));
    const steps = diff(cloud, this.hosts.actual());
    this.faults.keepOnly((what) => !/ (i|vol)-/.test(what) || steps.some((step) => stepName(step) === what));
    if (networked) for (const step of steps) this.hosts.begin(step, cloud);
    const inUse = new Set([...plans.map((plan) => plan.vpcId), ...this.hosts.actual().hosts.map((h) => h.vpcId)]);
    const tidied = await this.part("remove networks", () => this.networks.keepOnly(inUse).then(() => true));
    if (!networked || !balanced || !tidied) throw new Error("not everything could be done");
  }

  private balance(): Promise<void> {
    return this.haproxy.apply(() => this.planBalancing(this.view.current));
  }

  private async planBalancing(cloud: Cloud): Promise<ServedSpec> {
    const { name, paths, internet = {} } = this.options;
    for (const [key, forward] of this.forwards) {
      if (!this.hosts.has(forward.instanceId)) this.forwards.delete(key);
    }
    for (const { arn } of cloud.loadBalancers) await this.balancerAddresses.claim(arn);
    const gone = (arn: string) => !cloud.loadBalancers.some((balancer) => balancer.arn === arn);
    this.balancerAddresses
      .keys()
      .filter(gone)
      .forEach((arn) => this.balancerAddresses.release(arn));
    const certificate = await this.certificate();
    return {
      files: { certificate, imdsSocket: paths.imdsSocket, internetSocket: paths.internetSocket },
      apiPort: this.apiPort,
      vpcs: planNetworks(cloud, name, Object.keys(internet)).map(({ vpcId, network, endpoints }) => ({
        id: vpcId,
        namespace: network.namespace,
        endpoints,
      })),
      ...planBalancers(cloud, {
        name,
        publicAddress: (arn) => this.balancerAddresses.get(arn)!,
        certificates: await this.certificates.filesOf(cloud.loadBalancers),
      }),
      forwards: [...this.forwards.values()],
    };
  }

  /** Of the names that hosts know: AWS's services and the internet's. */
  private certificate(): Promise<string> {
    const { authority, region, internet = {} } = this.options;
    return authority.issue("names", [`*.${region}.amazonaws.com`, ...Object.keys(internet)]);
  }

  private async part<T>(what: string, action: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await action();
      this.faults.clear(what);
      return result;
    } catch (error) {
      this.faults.add(what, error as Error);
      return undefined;
    }
  }

  private stepEnded(what: string, error: Error | undefined): void {
    if (error) {
      const { times } = this.faults.add(what, error);
      setTimeout(() => this.trigger(), Math.min(0.5 * 2 ** times, 10) * 1000).unref();
    } else {
      this.options.log(`${what}: done`);
      this.faults.clear(what);
      this.trigger();
    }
    this.changes.emit("step");
  }
}
