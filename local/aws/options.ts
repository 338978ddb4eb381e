import { join } from "node:path";
import { cgroup2Root } from "./cgroup";

/** What an AWS on one machine is started with. */
export interface AwsOptions {
  /** Tells it from others on this machine: prefix of its network namespaces and name of its control group. At most 20 of a-z, 0-9 and dash. */
  name: string;
  /** Absolute path of a directory of its own: logs, hosts, volumes. */
  stateDir: string;
  /** Root filesystem of the one machine image. */
  image: string;
  /** Path of the `moto_server` executable. */
  moto: string;
  /** The only region. */
  region: string;
  /** Port of the API on 127.0.0.1. @default 0: any free one */
  port?: number;
  /** What the internet is to hosts: names, each with a directory of files that it serves by HTTP and HTTPS. @default none */
  internet?: Record<string, string>;
}

/** Every path below the state directory, in one place. */
export function statePaths(stateDir: string) {
  return {
    log: join(stateDir, "aws.log"),
    motoLog: join(stateDir, "moto.log"),
    /** Exists exactly while the API answers: {pid, endpoint, region}. */
    ready: join(stateDir, "aws.json"),
    /** Which moto runs. */
    moto: join(stateDir, "moto.json"),
    images: join(stateDir, "images.json"),
    tls: join(stateDir, "tls"),
    /** What hosts trust, and whoever asks a load balancer by HTTPS. */
    authority: join(stateDir, "tls", "ca.pem"),
    certificates: join(stateDir, "certificates"),
    balancer: join(stateDir, "haproxy"),
    networks: join(stateDir, "vpc"),
    instances: join(stateDir, "instances"),
    volumes: join(stateDir, "volumes"),
    snapshots: join(stateDir, "snapshots"),
    /** Which load balancer, and which instance with forwarded ports, has which address of this machine's loopback. */
    balancerAddresses: join(stateDir, "balancer-addresses.json"),
    forwardAddresses: join(stateDir, "forward-addresses.json"),
    imdsSocket: join(stateDir, "imds.sock"),
    internetSocket: join(stateDir, "internet.sock"),
  };
}
export type StatePaths = ReturnType<typeof statePaths>;

/** The control group of everything that the AWS of this name runs. */
export function cgroupOf(name: string): string {
  return join(cgroup2Root(), name);
}

/** Its services (this process, moto, HAProxy, dnsmasq) and its hosts, apart. */
export function cgroupsOf(name: string) {
  return { services: join(cgroupOf(name), "services"), hosts: join(cgroupOf(name), "hosts") };
}

/** The machine image's name and owner, as `aws ec2 describe-images` finds it. */
export const machineImage = {
  id: "ami-0123456789abcdef0",
  name: "debian-12-amd64-local",
  owner: "136693071363",
};

export const accountId = "123456789012";
