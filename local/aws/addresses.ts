import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";

/** Nothing listens here; who holds it holds the address. */
const CLAIM_PORT = 1;

/**
 * Addresses of this machine's loopback, one to a key, for as long as this process lives. Several local AWSs share the
 * machine: an address is claimed by a socket, which no crash leaves behind. What was given before is given again.
 */
export class LoopbackAddresses {
  private readonly claims = new Map<string, { address: string; socket: Server }>();
  private readonly remembered: Record<string, string>;
  private pending: Promise<unknown> = Promise.resolve();

  /**
   * @param prefix the first three octets
   * @param file remembers who had which address
   */
  constructor(
    private readonly prefix: string,
    private readonly file: string,
  ) {
    this.remembered = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  }

  get(key: string): string | undefined {
    return this.claims.get(key)?.address;
  }

  /** The key's address; the first free one where it has none yet. */
  claim(key: string): Promise<string> {
    const claimed = this.pending.then(() => this.get(key) ?? this.claimFree(key));
    this.pending = claimed.catch(() => undefined);
    return claimed;
  }

  release(key: string): void {
    this.claims.get(key)?.socket.close();
    this.claims.delete(key);
    delete this.remembered[key];
    this.save();
  }

  /** Gives all claims up; what was remembered stays so. */
  close(): void {
    for (const { socket } of this.claims.values()) socket.close();
    this.claims.clear();
  }

  keys(): string[] {
    return [...this.claims.keys()];
  }

  private async claimFree(key: string): Promise<string> {
    const last = this.remembered[key];
    const candidates = Array.from({ length: 254 }, (_, index) => `${this.prefix}.${index + 1}`);
    for (const address of last ? [last, ...candidates] : candidates) {
      const socket = await tryListen(address);
      if (!socket) continue;
      this.claims.set(key, { address, socket });
      this.remembered[key] = address;
      this.save();
      return address;
    }
    throw new Error(`no address is free in ${this.prefix}.0/24 for ${key}`);
  }

  private save(): void {
    writeFileSync(this.file, JSON.stringify(this.remembered, undefined, 2));
  }
}

async function tryListen(address: string): Promise<Server | undefined> {
  const socket = createServer((connection) => connection.destroy());
  socket.listen(CLAIM_PORT, address);
  try {
    await once(socket, "listening");
    return socket;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
    throw error;
  }
}
