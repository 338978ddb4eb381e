"use strict";

const ACK_TIMEOUT_MS = 3000;
const COPY_TIMEOUT_MS = 30000;
const HEARTBEAT_MS = 3000;

/**
 * The master's work: takes changesets from clients, one after the other, and acknowledges each when its own disk and
 * the slave have it.
 * @param {{store: Store, group: Group, logger: object, fail: (error: Error) => void}} options
 *   fail: called when nothing more may be acknowledged.
 */
class Primary {
  constructor(options) {
    Object.assign(this, options);
    this.clients = new Set();
    this.replicas = new Set();
    this.slave = null;
    this.queue = Promise.resolve();
    this.heartbeat = setInterval(() => this.beat(), HEARTBEAT_MS);
  }

  /** Serves a client of one realm until it goes. */
  serve(socket, realm, mayWrite) {
    const client = { socket, realm, bound: false };
    this.clients.add(client);
    socket.on("close", () => this.clients.delete(client));
    socket.on("message", (data) => {
      const message = parse(data);
      if (!message) return socket.close(1003, "this stand-in speaks JSON, not Realm's sync protocol");
      if (message.bind !== undefined) this.bind(client, message.bind);
      else if (message.ping !== undefined) this.enqueue(() => send(socket, { pong: message.ping }));
      else if (message.ops && message.id && mayWrite) {
        this.write(realm, message).then(
          (version) => !client.bound && send(socket, { ack: message.id, version }),
          (error) => socket.close(1011, error.message.slice(0, 100)),
        );
      } else socket.close(1008, mayWrite ? "unknown message" : "this token does not allow upload");
    });
  }

  /**
   * All that the client lacks, then all that comes. A client that has more than we do has seen data that is lost: it
   * starts over.
   */
  bind(client, version) {
    this.enqueue(() => {
      const known = this.store.version(client.realm);
      if (version > known) send(client.socket, { reset: true });
      for (const entry of this.store.since(client.realm, version > known ? 0 : version)) send(client.socket, entry);
      send(client.socket, { upTo: known });
      client.bound = true;
    });
  }

  /**
   * @param {string} realm path
   * @param {{id: string, ops: unknown[][]}} entry an id that was seen before is not written again.
   * @returns {Promise<number>} the version, once the changeset is safe.
   */
  write(realm, entry) {
    return this.enqueue(async () => {
      const seen = this.store.versionOf(realm, entry.id);
      if (seen) return seen;
      const version = await this.store.append(realm, entry);
      await this.replicate({ realm, id: entry.id, ops: entry.ops, version });
      const news = { version, id: entry.id, ops: entry.ops };
      for (const client of this.clients) if (client.bound && client.realm === realm) send(client.socket, news);
      return version;
    });
  }

  /** A worker of the group that wants to hold a copy: the first becomes the slave, others wait as spares. */
  join(socket, id) {
    // A worker that lost its host comes back before its old connection ends.
    for (const other of this.replicas) if (other.id === id) other.socket.terminate();
    const replica = { socket, id, answer: null, alive: true };
    this.replicas.add(replica);
    socket.on("pong", () => (replica.alive = true));
    socket.on("message", (data) => replica.answer && replica.answer(JSON.parse(data)));
    socket.on("close", () => {
      this.replicas.delete(replica);
      if (replica.answer) replica.answer(null);
      if (this.slave === replica) this.enqueue(() => this.strikeOff(replica)).catch(this.fail);
    });
    this.enqueue(() => this.appoint()).catch(this.fail);
  }

  /** A host that is cut off closes no connection: whoever does not answer from one beat to the next is gone. */
  beat() {
    for (const replica of this.replicas) {
      if (!replica.alive) replica.socket.terminate();
      replica.alive = false;
      replica.socket.ping("", false, true);
    }
  }

  /** Copies everything to a spare and makes it the slave. No write comes between: this runs in the queue. */
  async appoint() {
    for (const replica of this.replicas) {
      if (this.slave) return;
      send(replica.socket, { copy: "begin" });
      for (const realm of this.store.paths()) {
        for (const entry of this.store.since(realm, 0)) send(replica.socket, Object.assign({ realm }, entry));
      }
      if (!(await this.ask(replica, { copy: "end" }, COPY_TIMEOUT_MS))) {
        replica.socket.terminate();
        continue;
      }
      await this.group.setSlave(replica.id);
      this.slave = replica;
      send(replica.socket, { role: "slave" });
      this.logger.info(`${replica.id} is the synchronous slave`);
    }
  }

  async replicate(entry) {
    if (!this.slave) return;
    const slave = this.slave;
    if (await this.ask(slave, entry, ACK_TIMEOUT_MS)) return;
    slave.socket.terminate();
    await this.strikeOff(slave);
  }

  /** From here on we acknowledge alone: no sooner than Consul says that this slave may not be master. */
  async strikeOff(slave) {
    if (this.slave !== slave || this.stopped) return;
    await this.group.setSlave(null);
    this.slave = null;
    this.logger.warn(`${slave.id} is not the slave any more`);
    this.enqueue(() => this.appoint()).catch(this.fail);
  }

  /** @returns {Promise<object | null>} the replica's next answer, or null when it goes or takes too long. */
  ask(replica, message, timeout) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => replica.answer(null), timeout);
      replica.answer = (answer) => {
        clearTimeout(timer);
        replica.answer = null;
        resolve(answer);
      };
      if (this.replicas.has(replica)) send(replica.socket, message);
      else replica.answer(null);
    });
  }

  enqueue(step) {
    const result = this.queue.then(() => {
      if (this.stopped) throw new Error("this worker is not the master");
      return step();
    });
    this.queue = result.catch(() => undefined);
    return result;
  }

  /** Takes nothing more; resolves when what was being written is safe or given up. */
  async stop() {
    const last = this.queue;
    await last;
    this.stopped = true;
    clearInterval(this.heartbeat);
    for (const client of this.clients) client.socket.close(1001, "not the master any more");
    for (const replica of this.replicas) replica.socket.close(1001, "not the master any more");
  }
}

/** A message's content, or undefined when it is none of ours. */
function parse(data) {
  try {
    return JSON.parse(data);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function send(socket, message) {
  // A socket that is closing gives its error to its close handler.
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message), () => undefined);
}

module.exports = { Primary };
