"use strict";

const fs = require("fs");
const http = require("http");
const path = require("path");
const { URL } = require("url");
const WebSocket = require("ws");
const { Address, ServiceName, Start, Stop, Stopping, Token, Unmute, isAdminToken } = require("realm-object-server");
const { Backup } = require("./backup");
const { Group } = require("./group");
const { Primary } = require("./primary");
const { Store } = require("./store");
const standIn = require("./stand-in");

/**
 * One sync worker of a group. In Consul it is `sync` with the tags label=<label> and role=master, slave or spare. The
 * master serves realms by WebSocket on listenPort; the slave holds a synchronous copy and takes over; a spare waits to
 * become the slave.
 */
class ReplicatedSyncService {
  /**
   * @param {{consul: object, dataPath: string, featureToken: string, id: string, label?: string, listenAddress: string,
   *   listenPort?: number, publicKeyPath: string, logLevel?: string, maxDownloadSize?: number,
   *   enableDownloadLogCompaction?: boolean}} config
   *   The last three have no meaning here.
   */
  constructor(config) {
    for (const name of ["consul", "dataPath", "featureToken", "id", "listenAddress", "publicKeyPath"]) {
      if (!config[name]) throw new Error(`ReplicatedSyncService: ${name} is required`);
    }
    this.config = Object.assign({ label: "default", listenPort: 7800 }, config);
    this.setRole("spare");
  }

  setLogger(logger) {
    this.logger = logger;
  }

  setRole(role) {
    this.roleNow = role;
    this.tags = [`role=${role}`, `label=${this.config.label}`];
  }

  async start(server) {
    this.logger.warn(`ReplicatedSyncService: ${standIn}`);
    this.server = server;
    this.publicKey = fs.readFileSync(this.config.publicKeyPath, "utf8");
    this.store = new Store(path.join(this.config.dataPath, "realms"));
    this.backup = new Backup({
      store: this.store,
      id: this.config.id,
      token: server.adminToken,
      logger: this.logger,
      role: (role) => this.become(role),
    });
    await this.listen();
    const { address, port } = this.address();
    this.group = new Group({
      discovery: server.discovery,
      label: this.config.label,
      id: this.config.id,
      address: server.discovery.config.advertiseAddress || address,
      port,
      logger: this.logger,
    });
    this.group.on("elected", () => this.lead());
    this.group.on("lost", () => this.unlead());
    this.group.on("leader", (leader) => {
      this.leader = leader;
      if (!this.primary) this.backup.follow(leader && leader.id !== this.config.id ? leader : null);
    });
    this.group.start();
  }

  lead() {
    const primary = new Primary({
      store: this.store,
      group: this.group,
      logger: this.logger,
      fail: (error) => this.fail(error),
    });
    // What the old master had sent us is written before we answer for it.
    this.taking = this.backup.stop().then(() => {
      this.primary = primary;
      return this.become("master");
    });
  }

  fail(error) {
    this.logger.error(`cannot go on as master: ${error.message}`);
    this.group.resign();
  }

  async unlead() {
    await this.taking;
    const primary = this.primary;
    if (!primary) return;
    this.primary = null;
    this.become("spare");
    await primary.stop();
  }

  /** Changes the role and tells Consul, where the proxies look. */
  become(role) {
    if (role === this.roleNow) return;
    this.setRole(role);
    const { address, port } = this.address();
    this.announcing = (this.announcing || Promise.resolve())
      .then(() => !this.ending && this.server.discovery.registerService(this, address, port))
      .catch((error) => this.logger.error(`cannot register as ${role}: ${error.message}`));
  }

  async listen() {
    this.http = http.createServer((request, response) => this.answer(request, response));
    this.sockets = new WebSocket.Server({ noServer: true });
    this.sockets.on("headers", (headers) => headers.push(`X-Stand-In: ${standIn}`));
    this.http.on("upgrade", (request, socket, head) => this.upgrade(request, socket, head));
    await new Promise((resolve, reject) => {
      this.http.once("error", reject);
      this.http.listen(this.config.listenPort, this.config.listenAddress, resolve);
    });
  }

  address() {
    return this.http.address();
  }

  answer(request, response) {
    const reply = (status, body) => {
      response.writeHead(status, { "Content-Type": "application/json", "X-Stand-In": standIn });
      response.end(JSON.stringify(body));
    };
    const { id, label } = this.config;
    const url = new URL(request.url, "http://sync");
    if (request.method === "GET" && url.pathname === "/health")
      return reply(200, { id, label, role: this.roleNow, standIn });
    const token = this.authenticate(request);
    if (!token || !isAdminToken(token)) return reply(401, { title: "an admin token is required" });
    const primary = this.primary;
    if (!primary) return reply(503, { title: "this worker is not the master" });
    const realm = /^\/api\/realm\/(.+)$/.exec(url.pathname);
    if (request.method === "POST" && url.pathname === "/api/compact") return reply(200, {});
    if (request.method !== "DELETE" || !realm) return reply(404, { title: "not found" });
    const name = realmPath(realm[1]);
    if (this.store.version(name) === 0) return reply(404, { title: `no realm ${name}` });
    primary.write(name, { id: `delete-${Date.now()}`, ops: [["clear"]] }).then(
      () => reply(200, {}),
      (error) => reply(503, { title: error.message }),
    );
  }

  upgrade(request, socket, head) {
    const refuse = (status, reason, more = "") =>
      socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nX-Stand-In: ${standIn}\r\n${more}\r\n`);
    const url = new URL(request.url, "http://sync");
    const [, kind, name] = /^\/(realm-sync|replicate)\/(.+)$/.exec(url.pathname) || [];
    if (!kind) return refuse(404, "Not Found");
    const token = this.authenticate(request);
    const admin = isAdminToken(token);
    const realm = realmPath(name);
    if (!token || !(admin || (kind === "realm-sync" && token.path === realm))) return refuse(401, "Unauthorized");
    if (!this.primary) {
      const { leader } = this;
      const elsewhere = leader && leader.id !== this.config.id;
      return refuse(503, "Not The Master", elsewhere ? `X-Master: ${leader.address}:${leader.port}\r\n` : "");
    }
    this.sockets.handleUpgrade(request, socket, head, (client) => {
      // Its `close` follows.
      client.on("error", (error) => this.logger.debug(`connection for ${realm}: ${error.message}`));
      const primary = this.primary;
      if (!primary) return client.close(1001, "not the master any more");
      if (kind === "replicate") return primary.join(client, decodeURIComponent(name));
      const { id, label } = this.config;
      client.send(JSON.stringify({ welcome: standIn, id, label, role: "master", realm }));
      primary.serve(client, realm, admin || (token.access || []).includes("upload"));
    });
  }

  authenticate(request) {
    const header = /^Realm-Access-Token version=1 token="(.+)"$/.exec(request.headers.authorization || "");
    if (!header) return null;
    try {
      return Token.parse(header[1], this.publicKey);
    } catch (error) {
      this.logger.debug(`a token was refused: ${error.message}`);
      return null;
    }
  }

  /** A master hands over: it finishes what it writes, so that the slave has all of it, and gives the lock back. */
  async stopping() {
    this.ending = true;
    await this.taking;
    if (this.primary) await this.primary.stop();
    if (this.group) await this.group.stop();
    if (this.backup) await this.backup.stop();
  }

  async stop() {
    if (!this.http) return;
    for (const client of this.sockets.clients) client.terminate();
    await new Promise((resolve) => this.http.close(resolve));
    this.store.close();
  }
}

function realmPath(encoded) {
  return `/${decodeURIComponent(encoded).replace(/^\/+/, "")}`;
}

// Node 8 has no decorator syntax; a decorator is a function.
ServiceName("sync")(ReplicatedSyncService);
Unmute()(ReplicatedSyncService.prototype, "setLogger");
Start()(ReplicatedSyncService.prototype, "start");
Stopping()(ReplicatedSyncService.prototype, "stopping");
Stop()(ReplicatedSyncService.prototype, "stop");
Address()(ReplicatedSyncService.prototype, "address");

module.exports = { ReplicatedSyncService };
