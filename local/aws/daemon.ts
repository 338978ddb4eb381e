import { once } from "node:events";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo, ListenOptions } from "node:net";
import { DescribeInstanceAttributeCommand } from "@aws-sdk/client-ec2";
import { FailingCalls } from "./api/failing";
import { apiServer } from "./api/front";
import { localHandler } from "./api/local";
import { createCgroup } from "./cgroup";
import { removeRemains } from "./clean";
import { Clients } from "./clients";
import { refusal } from "./iam/authorization";
import { RoleCredentials } from "./iam/credentials";
import { RolePolicies } from "./iam/rolePolicies";
import { imdsServer } from "./imds/server";
import { internetServer } from "./internet";
import { ensureMemoryDisk } from "./memoryDisk";
import type { Instance } from "./model/model";
import { raiseLimits } from "./limits";
import { Moto } from "./moto";
import { accountId, cgroupsOf, statePaths, type AwsOptions } from "./options";
import { Machine } from "./reconcile/machine";
import { CertificateAuthority } from "./tls";

/** What whoever started a local AWS has to know of it; also in the file `aws.json` of its state directory. */
export interface RunningAws {
  pid: number;
  /** For AWS_ENDPOINT_URL. */
  endpoint: string;
  region: string;
  /** Another value is another cloud, in which nothing has been made yet. */
  cloud: string;
}

/**
 * An AWS on one machine: whoever calls RunInstances gets a host. moto says what there is; this makes the machine so,
 * and stands between moto and its clients where moto is not AWS.
 */
export class LocalAws {
  private readonly paths;
  private readonly moto: Moto;
  private readonly servers: Server[] = [];
  private machine?: Machine;

  /** @param log gets a line for each thing worth knowing */
  constructor(
    private readonly options: AwsOptions,
    private readonly log: (line: string) => void,
  ) {
    this.paths = statePaths(options.stateDir);
    this.moto = new Moto(options.moto, this.paths, (reason) => this.machine?.faults.add("moto", new Error(reason)));
  }

  /** Resolves once the API answers. */
  async start(): Promise<RunningAws> {
    const { name, region } = this.options;
    mkdirSync(this.options.stateDir, { recursive: true });
    const resumed = await this.moto.resume();
    // What a crash left of a cloud that nobody knows of any more.
    if (!resumed) await removeRemains(this.options);
    this.log(resumed ? "resuming: moto still runs, with all that was made" : "starting afresh");
    raiseLimits(this.log);
    createCgroup(cgroupsOf(name).hosts);
    for (const directory of [this.paths.instances, this.paths.volumes, this.paths.snapshots])
      await ensureMemoryDisk(directory);
    const authority = new CertificateAuthority(this.paths.tls);
    await Promise.all([authority.ensure(), resumed ? undefined : this.moto.start()]);
    const clients = new Clients(this.moto.endpoint, region);
    const credentials = new RoleCredentials(clients.iam, clients.sts);
    const policies = new RolePolicies(clients.iam);
    const policiesOf = async (instance: Instance) => {
      const role = await credentials.roleOf(instance);
      return role ? policies.of(role.name) : [];
    };
    const { paths, log } = this;
    const machine = new Machine({ ...this.options, paths, clients, authority, policiesOf, log });
    this.machine = machine;
    await this.listen(this.imds(machine, clients, credentials), { path: this.paths.imdsSocket });
    await this.listen(internetServer(this.options.internet ?? {}), { path: this.paths.internetSocket });
    const failing = new FailingCalls();
    const api = apiServer({
      upstream: this.moto.endpoint,
      machine,
      onMutation: ({ service }) => {
        if (service === "iam") policies.forget();
        machine.onMutation(service);
      },
      refusal: async (call, vpcId, address) => {
        const instance = machine.instanceAt(vpcId, address);
        const role = instance && (await credentials.roleOf(instance));
        const who = `User: arn:aws:sts::${accountId}:assumed-role/${role?.name ?? "none"}/${instance?.id}`;
        return refusal(call, role ? await policies.of(role.name) : [], region, who);
      },
      now: (vpcId, address) => machine.now(machine.instanceAt(vpcId, address)?.id),
      failing,
      local: localHandler(machine, failing),
      log: this.log,
    });
    const address = await this.listen(api, { host: "127.0.0.1", port: this.options.port ?? 0 });
    const { port } = address as AddressInfo;
    await machine.start(port);
    const running = { pid: process.pid, endpoint: `http://127.0.0.1:${port}`, region, cloud: this.moto.cloud };
    writeFileSync(`${this.paths.ready}.new`, JSON.stringify(running));
    renameSync(`${this.paths.ready}.new`, this.paths.ready);
    this.log(`ready at ${running.endpoint}`);
    return running;
  }

  /** Ends what serves the API; the hosts are left to whoever cleans up (see clean.ts). */
  async stop(): Promise<void> {
    rmSync(this.paths.ready, { force: true });
    for (const server of this.servers) {
      server.close();
      server.closeAllConnections();
    }
    await this.machine?.stop();
    this.moto.stop();
  }

  private imds(machine: Machine, { ec2 }: Clients, credentials: RoleCredentials): Server {
    return imdsServer({
      cloud: () => machine.cloud(),
      instanceAt: (vpcId, address) => machine.instanceAt(vpcId, address),
      now: (instance) => machine.now(instance.id),
      account: accountId,
      role: (instance) => credentials.roleOf(instance),
      userData: async ({ id }) => {
        const attribute = new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: "userData" });
        const data = (await ec2.send(attribute)).UserData?.Value;
        return data ? Buffer.from(data, "base64") : undefined;
      },
      log: this.log,
    });
  }

  private async listen(server: Server, where: ListenOptions) {
    // A socket that a crash left behind.
    if (where.path) rmSync(where.path, { force: true });
    server.listen(where);
    await once(server, "listening");
    this.servers.push(server);
    return server.address();
  }
}
