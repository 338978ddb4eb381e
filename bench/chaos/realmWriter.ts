/** Writes to a Realm through the load balancer without rest, as a sync client does, and knows what was acknowledged. */
import { randomBytes } from "node:crypto";
import WebSocket from "ws";
import type { Deployment } from "../../test/cluster/deployment";
import { connect } from "../../test/cluster/realmProcesses";
import type { Answered } from "../../test/cluster/steadyClient";
import { Ledger } from "./figures";

const KIND = "write";
const INTERVAL_MS = 500;
/** After so long without an acknowledgement, or without a connection, it begins anew. */
const PATIENCE_MS = 5000;

/** It has all the writes of a run to account for, as the ConsulWriter. */
export class RealmWriter {
  private readonly realm = `/chaos-${randomBytes(6).toString("hex")}`;
  private readonly ledger = new Ledger();
  private next = 0;
  private writing?: NodeJS.Timeout;
  private socket?: WebSocket;
  /** The master has said its first word. */
  private isOpen = false;
  /** When what has not been acknowledged was sent, by its id. */
  private readonly underWay = new Map<string, number>();
  private onAnswer: (answered: Answered) => void = () => undefined;

  constructor(private readonly cluster: Deployment) {}

  /** Writes until it is stopped, whether it is acknowledged or not. */
  async start(onAnswer: (answered: Answered) => void): Promise<void> {
    this.onAnswer = onAnswer;
    // The proxy refuses a realm that the directory does not know.
    const headers = { authorization: this.cluster.outputs.adminToken };
    const known = await this.cluster.fetch(`/realms/files/${encodeURIComponent(this.realm)}`, { headers });
    if (!known.ok) throw new Error(`the directory answered ${known.status}: ${await known.text()}`);
    this.open();
    this.writing = setInterval(() => this.write(), INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.writing);
    // What has not been acknowledged yet has not failed.
    this.underWay.clear();
    const { socket } = this;
    this.forget();
    socket?.terminate();
  }

  /** How many writes have been acknowledged and have not been told as lost. */
  get owed(): number {
    return this.ledger.size;
  }

  /** How many of the writes that were acknowledged the master does not hold. */
  async lost(): Promise<number> {
    const { studioUrl, adminToken } = this.cluster.outputs;
    const client = await connect(studioUrl, this.realm, adminToken);
    await client.next();
    client.send({ bind: 0 });
    const held = new Set<string>();
    for (;;) {
      const message = (await client.next()) as { id?: string; upTo?: number };
      if (message.upTo !== undefined) break;
      held.add(message.id!);
    }
    await client.close();
    return this.ledger.settle(held);
  }

  private write(): void {
    const sentAt = Date.now();
    if (!this.socket || !this.isOpen) {
      this.tell(sentAt, "no connection");
      this.open();
      return;
    }
    const id = String(this.next++);
    this.underWay.set(id, sentAt);
    this.socket.send(JSON.stringify({ id, ops: [["set", "Written", id, { id }]] }));
    const [oldest] = this.underWay.values();
    // As a client whose connection is dead: nobody has told it so.
    if (sentAt - oldest > PATIENCE_MS) this.socket.terminate();
  }

  private open(): void {
    if (this.socket) return;
    const { studioUrl, adminToken } = this.cluster.outputs;
    const url = `${studioUrl.replace(/^http/, "ws")}/realm-sync/${encodeURIComponent(this.realm)}`;
    const headers = { Authorization: `Realm-Access-Token version=1 token="${adminToken}"` };
    const socket = new WebSocket(url, { headers });
    this.socket = socket;
    const silent = setTimeout(() => socket.terminate(), PATIENCE_MS);
    // `close` follows.
    socket.on("error", () => undefined);
    socket.on("message", (data) => {
      clearTimeout(silent);
      if (socket === this.socket) this.isOpen = true;
      const { ack } = JSON.parse(String(data)) as { ack?: string };
      const sentAt = ack === undefined ? undefined : this.underWay.get(ack);
      if (ack === undefined || sentAt === undefined) return;
      this.underWay.delete(ack);
      this.ledger.add(ack);
      this.tell(sentAt);
    });
    socket.on("close", (code) => {
      clearTimeout(silent);
      if (socket !== this.socket) return;
      this.forget();
      for (const sentAt of this.underWay.values()) this.tell(sentAt, `closed with ${code} before it was acknowledged`);
      this.underWay.clear();
    });
  }

  private forget(): void {
    this.socket = undefined;
    this.isOpen = false;
  }

  private tell(sentAt: number, reason?: string): void {
    this.onAnswer({ kind: KIND, sentAt, milliseconds: Date.now() - sentAt, reason });
  }
}
