/**
 * A client of the cluster that never rests: it asks through the load balancer, over and over, all that clients ask for, and remembers
 * what failed. What an operator changes meanwhile is what a test is about.
 */
import { randomBytes } from "node:crypto";
import { once, setMaxListeners } from "node:events";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import WebSocket from "ws";

/** Of one kind of request: each is sent this long after the last was answered, so that four kinds leave the machine to the cluster. */
const INTERVAL_MS = 200;
/** The same of a client that does not wait for answers. */
const REGARDLESS_MS = 500;
/** A request that takes longer has failed. */
const PATIENCE_MS = 60_000;

export interface Failure {
  /** The kind of request: `health`, `login`, `directory` or `sync`. */
  kind: string;
  /** When it was sent, in ISO 8601. */
  at: string;
  /** How long it took to fail. */
  milliseconds: number;
  /** An answer other than 200, or why there was none. */
  reason: string;
}

/** One request, told of when it has ended. Times are in milliseconds, `sentAt` since the epoch. */
export interface Answered {
  kind: string;
  sentAt: number;
  milliseconds: number;
  /** Why it failed; undefined where it was answered well. */
  reason?: string;
}

/** How a steady client goes about it. */
export interface Manner {
  /** The certificate authority of an HTTPS load balancer, in PEM, when it is not one that Node knows. */
  ca?: string;
  /**
   * Asks at its pace whether it has been answered or not, as many clients do, so that one request that hangs hides none that come after
   * it; and opens a WebSocket each time.
   * @default it waits for each answer, and keeps one WebSocket open
   */
  regardless?: boolean;
  onAnswer?(answered: Answered): void;
}

/** What a steady client has seen. */
export interface Experience {
  /** Requests that were answered well, by kind. */
  answered: Record<string, number>;
  failures: Failure[];
  /** The slowest good answer, by kind, in milliseconds. */
  slowest: Record<string, number>;
  /** How often an open WebSocket was closed; it is opened again at once, and only an opening can fail. */
  closedSockets: number;
}

/** Every request but the WebSocket comes on a connection of its own: it goes where the load balancer would send a new client. */
export class SteadyClient {
  private readonly seen: Experience = { answered: {}, failures: [], slowest: {}, closedSockets: 0 };
  private readonly user = `steady-${randomBytes(6).toString("hex")}`;
  private readonly ending = new AbortController();
  /** Ends what has not been answered when the client ends. */
  private readonly hangingUp = new AbortController();
  private lanes: Promise<void>[] = [];

  private constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly manner: Manner,
  ) {}

  /**
   * Registers a user of its own and begins.
   *
   * @param url the load balancer's
   * @param token the admin token
   */
  static async start(url: string, token: string, manner: Manner = {}): Promise<SteadyClient> {
    const client = new SteadyClient(url, token, manner);
    // One for each WebSocket that is being opened.
    setMaxListeners(0, client.hangingUp.signal);
    await client.logIn(true);
    client.lanes = [
      client.repeat("health", () => client.ask("GET", "/health")),
      client.repeat("login", () => client.logIn(false)),
      client.repeat("directory", () => client.ask("GET", `/realms/files/${encodeURIComponent("/__admin")}`)),
      manner.regardless
        ? client.repeat("sync", async () => (await client.openSocket()).terminate())
        : client.keepSynchronizing(),
    ];
    return client;
  }

  /** What it has seen so far. */
  get experience(): Experience {
    return structuredClone(this.seen);
  }

  /**
   * Ends it once what is under way is answered.
   *
   * @param patienceMs how long that may take before it has failed, @default as long as it always may
   */
  async stop(patienceMs = PATIENCE_MS): Promise<Experience> {
    this.ending.abort();
    const late = setTimeout(() => this.hangingUp.abort(), patienceMs);
    await Promise.all(this.lanes);
    clearTimeout(late);
    return this.experience;
  }

  private async repeat(kind: string, ask: () => Promise<void>): Promise<void> {
    const { signal } = this.ending;
    const underWay = new Set<Promise<void>>();
    while (!signal.aborted) {
      const asked = this.observe(kind, ask).then(() => void underWay.delete(asked));
      underWay.add(asked);
      if (!this.manner.regardless) await asked;
      const interval = this.manner.regardless ? REGARDLESS_MS : INTERVAL_MS;
      await pause(interval, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(underWay);
  }

  private async observe<T>(kind: string, action: () => Promise<T>): Promise<T | undefined> {
    const began = Date.now();
    try {
      const result = await action();
      this.seen.answered[kind] = (this.seen.answered[kind] ?? 0) + 1;
      const milliseconds = Date.now() - began;
      this.seen.slowest[kind] = Math.max(this.seen.slowest[kind] ?? 0, milliseconds);
      this.manner.onAnswer?.({ kind, sentAt: began, milliseconds });
      return result;
    } catch (error) {
      const { message } = error as Error;
      const milliseconds = Date.now() - began;
      this.seen.failures.push({ kind, at: new Date(began).toISOString(), milliseconds, reason: message });
      this.manner.onAnswer?.({ kind, sentAt: began, milliseconds, reason: message });
      return undefined;
    }
  }

  private logIn(register: boolean): Promise<void> {
    const user_info = { password: "steady", register };
    return this.ask("POST", "/auth", { provider: "password", data: this.user, user_info, app_id: "test" });
  }

  /** Fails unless the answer is 200. */
  private async ask(method: string, path: string, body?: unknown): Promise<void> {
    const url = new URL(path, this.url);
    const headers = { authorization: this.token, ...(body !== undefined && { "content-type": "application/json" }) };
    const signal = AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), this.hangingUp.signal]);
    const options = { method, headers, agent: false, ca: this.manner.ca, signal };
    const outgoing = (url.protocol === "https:" ? requestHttps : requestHttp)(url, options);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    if (response.statusCode !== 200) {
      throw new Error(`${response.statusCode}: ${Buffer.concat(chunks).toString().slice(0, 200)}`);
    }
  }

  /** A sync client's WebSocket, which is asked for an answer in the same measure, and opened again whenever it is closed. */
  private async keepSynchronizing(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      const socket = await this.observe("sync", () => this.openSocket());
      if (!socket) {
        await pause(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
        continue;
      }
      const closed = once(socket, "close");
      const pinging = setInterval(() => socket.send(JSON.stringify({ ping: 1 }), () => undefined), INTERVAL_MS);
      signal.addEventListener("abort", () => socket.close(), { once: true });
      if (signal.aborted) socket.close();
      await closed;
      clearInterval(pinging);
      if (!signal.aborted) this.seen.closedSockets++;
    }
  }

  /** Resolves once the sync worker has said its first word. */
  private async openSocket(): Promise<WebSocket> {
    const url = new URL(`/realm-sync/${encodeURIComponent("/__admin")}`, this.url.replace(/^http/, "ws"));
    const headers = { Authorization: `Realm-Access-Token version=1 token="${this.token}"` };
    const socket = new WebSocket(url, { headers, ca: this.manner.ca });
    // After the opening an error is followed by `close`.
    socket.on("error", () => undefined);
    const hangUp = () => socket.terminate();
    const late = setTimeout(hangUp, PATIENCE_MS);
    this.hangingUp.signal.addEventListener("abort", hangUp);
    const used = new Promise<void>((resolve, reject) => {
      socket.once("unexpected-response", (request, { statusCode }) => {
        request.destroy();
        reject(new Error(`${statusCode}`));
      });
      socket.once("error", reject);
      socket.once("close", (code) => reject(new Error(`closed with ${code} before it was used`)));
      socket.once("message", () => resolve());
    });
    await used.finally(() => {
      clearTimeout(late);
      this.hangingUp.signal.removeEventListener("abort", hangUp);
    });
    return socket;
  }
}
