"use strict";

const Consul = require("consul");
const { Discovery } = require("realm-object-server");
const { Catalogue } = require("./catalogue");
const standIn = require("./stand-in");

const CHECK = {
  interval: "2s",
  timeout: "5s",
  // Consul's minimum. A service whose host's agent lives on while the process does not is gone soon, so that `realms`
  // is not seen twice.
  deregistercriticalserviceafter: "1m",
};
const KEEP_REGISTERED_MS = 10000;

/** ROS's discovery on a Consul agent. */
class ConsulDiscovery extends Discovery {
  /**
   * @param {{consulHost?: string, consulPort?: number, secure?: boolean, advertiseAddress?: string,
   *   advertisePortMap?: {[port: number]: number}, logger?: object}} config
   *   consulHost, consulPort: the agent on this host. Default 127.0.0.1:8500.
   *   secure: speak TLS to it. Default false.
   *   advertiseAddress: registered instead of the address that a service is bound to.
   *   advertisePortMap: likewise for ports, where NAT changes them.
   */
  constructor(config) {
    super();
    this.config = Object.assign({ consulHost: "127.0.0.1", consulPort: 8500 }, config);
    this.logger = this.config.logger || console;
    this.consul = Consul({
      host: this.config.consulHost,
      port: String(this.config.consulPort),
      secure: Boolean(this.config.secure),
      promisify: true,
    });
    this.catalogue = new Catalogue(this.consul, this.logger);
    this.registered = new Map();
    this.logger.warn(`ConsulDiscovery: ${standIn}`);
  }

  /** Registers a service, or registers it anew with other tags. Services without a name are not for others to find. */
  async registerService(service, address, port) {
    const registration = this.describe(service, address, port);
    if (!registration) return;
    this.registered.set(service, registration);
    await this.consul.agent.service.register(registration);
    this.logger.debug(`registered ${registration.id} ${registration.tags.join(" ")}`);
    this.keepRegistered();
  }

  async deregisterService(service) {
    const registration = this.registered.get(service);
    if (!registration) return;
    this.registered.delete(service);
    if (this.registered.size === 0) {
      clearInterval(this.keeper);
      this.keeper = null;
    }
    // A server that stops must stop: with Consul away the check takes the registration out later.
    await this.consul.agent.service
      .deregister(registration.id)
      .catch((error) => this.logger.warn(`cannot deregister ${registration.id}: ${error.message}`));
  }

  /** Services that pass their checks now. */
  async findAll(name, tags) {
    return this.catalogue.find(name, tags);
  }

  /**
   * Emits `available` for each service that passes its checks, now and later, and `unavailable` when one does not any
   * more.
   */
  watchService(name, tags) {
    return this.catalogue.watch(name, tags);
  }

  describe(service, address, port) {
    const name = service.constructor.serviceName;
    if (!name) return undefined;
    const ownAddress = this.config.advertiseAddress || address;
    const ownPort = (this.config.advertisePortMap || {})[port] || port;
    const id = `${name}:${ownAddress}:${ownPort}`;
    const http = `http://${ownAddress}:${ownPort}/health?thisInstance=true`;
    return {
      id,
      name,
      address: ownAddress,
      port: ownPort,
      tags: service.tags || service.constructor.tags || [],
      check: Object.assign({ http }, CHECK),
    };
  }

  /**
   * An agent forgets a service that was critical for too long (a process that was paused), or when its data is lost.
   */
  keepRegistered() {
    if (this.keeper) return;
    this.keeper = setInterval(async () => {
      try {
        const known = await this.consul.agent.service.list();
        for (const registration of this.registered.values()) {
          if (!known[registration.id]) await this.consul.agent.service.register(registration);
        }
      } catch (error) {
        this.logger.debug(`cannot look after the registrations: ${error.message}`);
      }
    }, KEEP_REGISTERED_MS);
    this.keeper.unref();
  }
}

module.exports = { ConsulDiscovery };
