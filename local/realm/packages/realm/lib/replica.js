"use strict";

const crypto = require("crypto");
const WebSocket = require("ws");
const { Rebased } = require("./rebased");

const RETRY = { first: 100, most: 2000 };

/**
 * This process's copy of one realm, kept equal with the sync master's over a WebSocket. After a broken connection it
 * asks for what it missed and sends again what was not confirmed; the master knows a changeset by its id, so nothing is
 * applied twice.
 *
 * The protocol is the stand-ins' own, JSON messages, described in local/realm/README.md.
 */
class Replica {
  /**
   * @param {{host: string, port: number, path: string, token: string, log: (message: string) => void,
   *   changed: () => void}} options
   */
  constructor(options) {
    this.options = options;
    this.host = options.host;
    this.port = options.port;
    this.view = new Rebased();
    this.held = null;
    this.questions = new Map();
    this.delay = RETRY.first;
    this.opened = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    this.connect();
  }

  connect() {
    const url = `ws://${this.host}:${this.port}/realm-sync/${encodeURIComponent(this.options.path)}`;
    const headers = { Authorization: `Realm-Access-Token version=1 token="${this.options.token}"` };
    const socket = new WebSocket(url, { headers });
    this.socket = socket;
    this.bound = false;
    socket.on("open", () => socket.send(JSON.stringify({ bind: this.view.version })));
    socket.on("message", (data) => {
      if (this.held) this.held.push(data);
      else if (socket === this.socket) this.receive(JSON.parse(data));
    });
    socket.on("unexpected-response", (request, response) => {
      request.abort();
      const refused = `${this.host}:${this.port} answered ${response.statusCode} for ${this.options.path}`;
      // ROS tells of another master only once the realm is open.
      const master = response.headers["x-master"];
      if (master && socket === this.socket) Object.assign(this, placeOf(master));
      if (response.statusCode === 401) this.reject(new Error(refused));
      this.lost(socket, refused);
    });
    socket.on("error", (error) => this.lost(socket, error.message));
    socket.on("close", (code, reason) => this.lost(socket, `closed (${code}${reason ? ` ${reason}` : ""})`));
  }

  lost(socket, reason) {
    if (socket !== this.socket || this.closed) return;
    this.socket = null;
    this.bound = false;
    this.options.log(`connection to ${this.host}:${this.port} for ${this.options.path}: ${reason}`);
    this.timer = setTimeout(() => this.connect(), this.delay);
    this.delay = Math.min(this.delay * 2, RETRY.most);
  }

  receive(message) {
    if (message.reset) {
      this.view.reset();
    } else if (message.ops) {
      if (this.view.confirm(message)) this.options.changed();
    } else if (message.upTo !== undefined) {
      this.bound = true;
      this.delay = RETRY.first;
      for (const [id, ops] of this.view.pending) this.post({ id, ops });
      for (const number of this.questions.keys()) this.post({ ping: number });
      this.resolve();
    } else if (message.pong !== undefined) {
      const answered = this.questions.get(message.pong);
      this.questions.delete(message.pong);
      if (answered) answered();
    }
  }

  get state() {
    return this.view.state;
  }

  /** While a transaction is open what arrives waits, as Realm's isolation demands. */
  hold() {
    this.held = this.held || [];
  }

  release() {
    const arrived = this.held || [];
    this.held = null;
    for (const data of arrived) this.receive(JSON.parse(data));
  }

  /** Takes operations that have been applied to `state` already, and sends them. */
  commit(ops) {
    const id = crypto.randomBytes(12).toString("hex");
    this.view.commit(id, ops);
    if (this.bound) this.post({ id, ops });
  }

  post(message) {
    const socket = this.socket;
    if (socket && socket.readyState === WebSocket.OPEN) {
      socket.send(JSON.stringify(message), (error) => error && this.lost(socket, error.message));
    }
  }

  /** Calls back once the master has answered after everything that it had, and that we had sent, before. */
  whenCurrent(callback) {
    this.asked = (this.asked || 0) + 1;
    this.questions.set(this.asked, callback);
    if (this.bound) this.post({ ping: this.asked });
  }

  /** Another master: connect there. */
  override(host, port) {
    if (host === this.host && port === this.port && this.socket) return;
    this.host = host;
    this.port = port;
    this.drop();
    this.delay = RETRY.first;
    this.connect();
  }

  drop() {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    this.bound = false;
    if (socket) socket.terminate();
  }

  /** Ends the connection; what the master has not confirmed yet is sent before. */
  close() {
    this.closed = true;
    clearTimeout(this.timer);
    if (this.socket) this.socket.close();
    this.socket = null;
  }
}

/** `10.0.0.1:7800` */
function placeOf(text) {
  const [host, port] = text.split(":");
  return { host, port: Number(port) };
}

module.exports = { Replica };
