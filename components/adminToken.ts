import { createPublicKey, sign } from "node:crypto";

/** What Realm Object Server itself writes into the token that it makes at its first start. */
const CLAIMS = { app_id: "io.realm.auth", identity: "__admin", access: ["download", "upload", "manage"] };

/**
 * Mints the token with which Realm Studio logs in as the administrator.
 *
 * @param privateKeyPem the RSA private key that all nodes share, in PEM form
 * @param salt eight hexadecimal digits; the same key and salt give the same token
 * @returns the claims and their signature, each in base64, joined by a colon
 * @throws when the key is none, or is encrypted
 */
export function mintAdminToken(privateKeyPem: string, salt: string): string {
  const claims = Buffer.from(JSON.stringify({ ...CLAIMS, salt }));
  return `${claims.toString("base64")}:${sign("RSA-SHA256", claims, privateKeyPem).toString("base64")}`;
}

/**
 * The public half of a private key, in PEM form.
 *
 * @throws when the key is none, or is encrypted
 */
export function publicKeyOf(privateKeyPem: string): string {
  return createPublicKey(privateKeyPem).export({ type: "spki", format: "pem" }).toString();
}
