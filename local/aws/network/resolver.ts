import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PrivateZone } from "../model/model";
import { INTERNET_ADDRESS, RESOLVER_ADDRESS, SERVICES_ADDRESS, privateDnsName } from "./addresses";

export interface ResolverSpec {
  region: string;
  /** The VPC's third address. */
  address: string;
  /** Addresses of the VPC's interfaces, which have names by them. */
  interfaces: string[];
  /** AWS's services that are inside of the VPC. */
  endpoints: { service: string; addresses: string[] }[];
  /** Names of the internet. */
  internet: string[];
  /** The private zones of the VPC. */
  zones: Pick<PrivateZone, "name" | "addresses">[];
}

/**
 * dnsmasq's configuration for a VPC. There is nothing upstream, so it refuses what it does not know at once: a resolver
 * that does not answer makes cloud-init wait for minutes.
 */
export function renderResolver(spec: ResolverSpec, files: { hosts: string; servers: string; pid: string }): string {
  return [
    "no-resolv",
    "no-hosts",
    "bind-interfaces",
    `listen-address=${RESOLVER_ADDRESS},${spec.address}`,
    `addn-hosts=${files.hosts}`,
    `servers-file=${files.servers}`,
    `pid-file=${files.pid}`,
    "user=root",
    "group=root",
    "log-facility=-",
    `address=/${spec.region}.amazonaws.com/${SERVICES_ADDRESS}`,
    ...spec.internet.map((name) => `address=/${name}/${INTERNET_ADDRESS}`),
    // Names of a region's own domain that no interface has do not exist, rather than being refused.
    `local=/${spec.region}.compute.internal/`,
    "",
  ].join("\n");
}

/** The names of a VPC's interfaces and endpoints as a hosts file, which goes before what the configuration says. */
export function renderHosts({ interfaces, endpoints, region, zones }: ResolverSpec): string {
  return [
    ...[...interfaces].sort().map((address) => `${address} ${privateDnsName(address, region)}\n`),
    ...endpoints.flatMap(({ service, addresses }) =>
      addresses.map((address) => `${address} ${service}.${region}.amazonaws.com\n`),
    ),
    ...zones.flatMap(({ addresses }) => addresses.map(({ name, address }) => `${address} ${name}\n`)),
  ].join("");
}

/** The zones that nobody else is asked about: what they do not have does not exist. Read anew with the hosts file. */
export function renderServers({ zones }: ResolverSpec): string {
  return zones.map(({ name }) => `server=/${name}/\n`).join("");
}

/** A VPC's resolver: one dnsmasq in its namespace. */
export class Resolver {
  private child?: ChildProcess;

  /** @param dir a directory of its own for configuration and process id */
  constructor(
    private readonly namespace: string,
    private readonly dir: string,
    private readonly log: (line: string) => void,
  ) {}

  /** Starts dnsmasq, or gives the running one its new names. */
  async apply(spec: ResolverSpec): Promise<void> {
    mkdirSync(this.dir, { recursive: true });
    const file = (name: string) => join(this.dir, name);
    const files = { hosts: file("hosts"), servers: file("servers"), pid: file("dnsmasq.pid") };
    const written = [
      writeIfChanged(files.hosts, renderHosts(spec)),
      writeIfChanged(files.servers, renderServers(spec)),
    ];
    const changed = written.includes(true);
    if (this.child) {
      if (changed) this.child.kill("SIGHUP");
      return;
    }
    const config = join(this.dir, "dnsmasq.conf");
    writeFileSync(config, renderResolver(spec, files));
    endLeftover(files.pid, config);
    const args = ["netns", "exec", this.namespace, "dnsmasq", "--keep-in-foreground", `--conf-file=${config}`];
    const child = spawn("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
    child.stderr.on("data", (chunk: Buffer) => this.log(`dnsmasq of ${this.namespace}: ${chunk.toString().trim()}`));
    child.once("exit", () => {
      if (this.child === child) this.child = undefined;
    });
    await once(child, "spawn");
    this.child = child;
  }

  async stop(): Promise<void> {
    const child = this.child;
    if (!child) return;
    this.child = undefined;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
  }
}

/** A dnsmasq of an earlier daemon, which crashed, would hold the addresses. */
function endLeftover(pidFile: string, config: string): void {
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, "utf8"));
  const commandLine = `/proc/${pid}/cmdline`;
  if (pid > 0 && existsSync(commandLine) && readFileSync(commandLine, "utf8").includes(config)) {
    process.kill(pid, "SIGKILL");
  }
}

function writeIfChanged(file: string, text: string): boolean {
  if (existsSync(file) && readFileSync(file, "utf8") === text) return false;
  writeFileSync(file, text);
  return true;
}
