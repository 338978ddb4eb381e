/** tls:index/privateKey:PrivateKey, RSA only. */
import { createHash, createPublicKey, generateKeyPair, randomBytes, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { number, string, type Resource } from "../core/schema";
import type { Values } from "../core/wire";

const generate = promisify(generateKeyPair);

/** A private key, kept in the stack's state as a secret. */
export const privateKey: Resource = {
  properties: {
    algorithm: string({ required: true, forceNew: true, oneOf: ["RSA"] }),
    rsaBits: number({ forceNew: true, computed: true, default: 2048 }),
    ecdsaCurve: string({ output: true }),
    privateKeyPem: string({ output: true, secret: true }),
    privateKeyPemPkcs8: string({ output: true, secret: true }),
    privateKeyOpenssh: string({ output: true, secret: true }),
    publicKeyPem: string({ output: true }),
    publicKeyOpenssh: string({ output: true }),
    publicKeyFingerprintMd5: string({ output: true }),
    publicKeyFingerprintSha256: string({ output: true }),
  },
  async create(_, inputs) {
    const { privateKey } = await generate("rsa", { modulusLength: inputs.rsaBits as number });
    const state = describe(privateKey);
    return {
      id: createHash("sha1")
        .update(state.publicKeyPem as string)
        .digest("hex"),
      state,
    };
  },
  read: async (_, _id, known) => (known.privateKeyPem ? known : undefined),
  delete: async () => undefined,
};

/** Every form in which the real provider gives out an RSA key. */
export function describe(key: KeyObject): Values {
  const publicKey = createPublicKey(key);
  const blob = publicBlob(key);
  const digest = (algorithm: string) => createHash(algorithm).update(blob).digest();
  return {
    ecdsaCurve: "P224",
    privateKeyPem: key.export({ type: "pkcs1", format: "pem" }) as string,
    privateKeyPemPkcs8: key.export({ type: "pkcs8", format: "pem" }) as string,
    privateKeyOpenssh: openssh(key),
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }) as string,
    publicKeyOpenssh: `ssh-rsa ${blob.toString("base64")}\n`,
    publicKeyFingerprintMd5: digest("md5").toString("hex").match(/../g)!.join(":"),
    publicKeyFingerprintSha256: `SHA256:${digest("sha256").toString("base64").replace(/=+$/, "")}`,
  };
}

/** A length-prefixed string of the SSH wire format (RFC 4251). */
function field(data: Buffer | string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(data));
  return Buffer.concat([length, Buffer.from(data)]);
}

/** A positive mpint of RFC 4251 out of a JWK's base64url number. */
function integer(base64url: string | undefined): Buffer {
  const bytes = Buffer.from(base64url!, "base64url");
  return field(bytes[0] & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

function publicBlob(key: KeyObject): Buffer {
  const { n, e } = createPublicKey(key).export({ format: "jwk" });
  return Buffer.concat([field("ssh-rsa"), integer(e), integer(n)]);
}

/** The openssh-key-v1 container, without a passphrase. */
function openssh(key: KeyObject): string {
  const { n, e, d, p, q, qi } = key.export({ format: "jwk" });
  const check = randomBytes(4);
  const section = Buffer.concat([check, check, field("ssh-rsa"), ...[n, e, d, qi, p, q].map(integer), field("")]);
  const padding = Buffer.from(Array.from({ length: (8 - (section.length % 8)) % 8 }, (_, index) => index + 1));
  const one = Buffer.of(0, 0, 0, 1);
  const body = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    field("none"),
    field("none"),
    field(""),
    one,
    field(publicBlob(key)),
    field(Buffer.concat([section, padding])),
  ]);
  const lines = body.toString("base64").match(/.{1,70}/g)!;
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n");
}
