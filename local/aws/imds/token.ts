import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const MAX_TTL_SECONDS = 21600;

/** Session tokens of IMDSv2. A token says itself until when it holds, and for which instance; nothing is kept. */
export class SessionTokens {
  private readonly key = randomBytes(32);

  /** @returns undefined where the time to live is none that the service takes */
  issue(instanceId: string, ttl: string | undefined, now = Date.now()): string | undefined {
    const seconds = Number(ttl);
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_TTL_SECONDS) return undefined;
    const expiry = String(now + seconds * 1000);
    return Buffer.from(`${expiry}.${this.sign(instanceId, expiry)}`).toString("base64url");
  }

  accepts(instanceId: string, token: string, now = Date.now()): boolean {
    const [expiry, signature = ""] = Buffer.from(token, "base64url").toString().split(".");
    const [given, right] = [Buffer.from(signature), Buffer.from(this.sign(instanceId, expiry))];
    return given.length === right.length && timingSafeEqual(given, right) && Number(expiry) > now;
  }

  private sign(instanceId: string, expiry: string): string {
    return createHmac("sha256", this.key).update(`${instanceId} ${expiry}`).digest("base64url");
  }
}
