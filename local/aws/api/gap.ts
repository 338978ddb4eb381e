import type { EC2Client } from "@aws-sdk/client-ec2";
import type { Document } from "@xmldom/xmldom";
import type { TargetHealth } from "../balancer/serverState";
import type { Host } from "../host";
import type { Draining } from "../reconcile/draining";
import type { Cloud } from "../model/model";
import type { RunCommand } from "../ssm/runCommand";
import type { Call } from "./call";

/** What the front knows of the machine. */
export interface Machine {
  /** A client of moto itself. */
  ec2: EC2Client;
  runCommand: RunCommand;
  /** What the API said when it was last asked. */
  cloud(): Cloud;
  host(instanceId: string): Host | undefined;
  /** The instance is on: booted, and not on its way out. */
  isOn(instanceId: string): boolean;
  /** Address of a load balancer on this machine. */
  balancerAddress(arn: string): Promise<string>;
  /** Keeps the private key (PEM) of a certificate that is imported, for load balancers to serve. */
  keepCertificateKey(privateKey: string): void;
  snapshots: Snapshots;
  /** Health of a target group's targets, by `id:port`; undefined for a group that no load balancer uses. */
  targetHealth(groupArn: string): Promise<Map<string, TargetHealth> | undefined>;
  draining: Pick<Draining, "begin" | "cancel" | "of">;
}

/** What EBS snapshots hold. */
export interface Snapshots {
  /** Keeps what a volume holds now. */
  take(volumeId: string, snapshotId: string): Promise<void>;
  copy(snapshotId: string, copyId: string): Promise<void>;
  delete(snapshotId: string): Promise<void>;
}

export interface Answer {
  status: number;
  /** XML, unless contentType says otherwise. */
  body: string;
  /** @default text/xml;charset=UTF-8 */
  contentType?: string;
}

/** A difference between moto and AWS that the front closes. */
export interface Gap {
  service: string;
  actions: string[];
  /** Answers instead of moto. */
  answer?(call: Call, machine: Machine): Promise<Answer>;
  /** Corrects what moto is asked. */
  prepare?(params: URLSearchParams): void;
  /** Likewise, where a call is no form: returns what moto is asked instead. */
  prepareBody?(body: string): string;
  /** Corrects moto's answer. */
  amend?(document: Document, machine: Machine, call: Call): void | Promise<void>;
  /** Does what moto does not, once moto has agreed. */
  act?(call: Call, machine: Machine): Promise<void>;
}
