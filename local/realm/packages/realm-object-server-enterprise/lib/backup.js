"use strict";

const WebSocket = require("ws");

const RETRY_MS = 500;

/**
 * A slave's or spare's work: keeps a connection to the master and holds the copy that it sends.
 * @param {{store: Store, id: string, token: string, logger: object, role: (role: "slave" | "spare") => void}} options
 */
class Backup {
  constructor(options) {
    Object.assign(this, options);
    this.leader = null;
    this.queue = Promise.resolve();
  }

  /** @param {{id: string, address: string, port: number} | null} leader the master, or null while there is none. */
  follow(leader) {
    const same = leader && this.leader && leader.address === this.leader.address && leader.port === this.leader.port;
    this.leader = leader;
    if (same && this.socket) return;
    this.disconnect();
    if (leader) this.connect();
  }

  connect() {
    const { address, port } = this.leader;
    const headers = { Authorization: `Realm-Access-Token version=1 token="${this.token}"` };
    const socket = new WebSocket(`ws://${address}:${port}/replicate/${encodeURIComponent(this.id)}`, { headers });
    this.socket = socket;
    const lost = (reason) => {
      if (socket !== this.socket) return;
      this.logger.debug(`replication from ${address}:${port}: ${reason}`);
      this.socket = null;
      this.role("spare");
      this.timer = setTimeout(() => this.leader && this.connect(), RETRY_MS);
    };
    socket.on("message", (data) => {
      this.queue = this.queue
        .then(() => socket === this.socket && this.receive(socket, JSON.parse(data)))
        .catch((error) => {
          this.logger.error(`cannot keep what the master sent: ${error.message}`);
          socket.terminate();
        });
    });
    socket.on("error", (error) => lost(error.message));
    socket.on("close", (code) => lost(`closed (${code})`));
  }

  async receive(socket, message) {
    if (message.copy === "begin") this.store.clear();
    else if (message.copy === "end") socket.send(JSON.stringify({ copied: true }));
    else if (message.role) this.role(message.role);
    else if (message.ops) {
      const version = await this.store.append(message.realm, message);
      if (version !== message.version)
        throw new Error(`version ${version} of ${message.realm} should be ${message.version}`);
      socket.send(JSON.stringify({ stored: version }));
    }
  }

  disconnect() {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    if (socket) socket.terminate();
  }

  /** Ends following; resolves when nothing is being written any more. */
  async stop() {
    this.leader = null;
    this.disconnect();
    await this.queue;
  }
}

module.exports = { Backup };
