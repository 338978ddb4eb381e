/**
 * What the cluster's apps use of realm-object-server-enterprise. Written by hand from its public documentation and
 * changelog: the package itself is licensed, and its declarations are in no public place.
 */
import { Discovery, IService, Logger, ServiceHandle, ServiceWatch } from "realm-object-server";

export interface ConsulDiscoveryConfig {
  /** The Consul agent to talk to. Default: 127.0.0.1. */
  consulHost?: string;
  /** Default: 8500. */
  consulPort?: number;
  /** Speak TLS to the agent (3.0.5 and later). Default: false. */
  secure?: boolean;
  /** Registered in Consul in place of the address that a service is bound to. */
  advertiseAddress?: string;
  /** Registered in place of the ports that services are bound to. */
  advertisePortMap?: { [port: number]: number };
  logger?: Logger;
}

export class ConsulDiscovery extends Discovery {
  constructor(config: ConsulDiscoveryConfig);
  /** A client of the agent, which the sync service elects its master with. */
  readonly consul: object;
  registerService(service: IService, serverAddress: string, serverPort: number): Promise<void>;
  deregisterService(service: IService): Promise<void>;
  findAll(name: string, tags?: string[]): Promise<ServiceHandle[]>;
  watchService(name: string, tags?: string[]): ServiceWatch;
}

export interface ReplicatedSyncServiceConfig {
  consul: object;
  dataPath: string;
  featureToken: string;
  /** Unique in the group, and the same for the life of its data. */
  id: string;
  /** The sync worker group. Default: default. */
  label?: string;
  /** The worker's real address: the proxy and the other workers connect to it. */
  listenAddress: string;
  /** Default: 7800. */
  listenPort?: number;
  maxDownloadSize?: number;
  enableDownloadLogCompaction?: boolean;
  logLevel?: string;
  publicKeyPath: string;
}

export class ReplicatedSyncService implements IService {
  constructor(config: ReplicatedSyncServiceConfig);
}

/** Serves the server's Prometheus metrics at /metrics. */
export class MetricsService implements IService {}
