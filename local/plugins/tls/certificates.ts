/** tls:index/certRequest:CertRequest, selfSignedCert:SelfSignedCert and locallySignedCert:LocallySignedCert, of RSA keys. */
import "reflect-metadata"; // before x509, which is built on it
import { createHash, createPrivateKey, createPublicKey, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { boolean, list, number, object, string, type Created, type Resource } from "../core/schema";
import type { Values } from "../core/wire";

x509.cryptoProvider.set(webcrypto as unknown as Crypto);

const ALGORITHM = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const HOUR_MS = 3600_000;

const subject = object({ commonName: string(), organization: string() }, { forceNew: true });
const names = { dnsNames: list(string(), { forceNew: true }), ipAddresses: list(string(), { forceNew: true }) };
const certificate = {
  certPem: string({ output: true }),
  allowedUses: list(string(), { required: true, forceNew: true }),
  isCaCertificate: boolean({ forceNew: true, computed: true, default: false }),
  validityPeriodHours: number({ required: true, forceNew: true }),
  earlyRenewalHours: number({ computed: true, default: 0 }),
  validityStartTime: string({ output: true }),
  validityEndTime: string({ output: true }),
  // Another certificate takes this one's place once it is true.
  readyForRenewal: boolean({ output: true, forceNew: true }),
};

/** What was made is in the state alone: it stays as it is, and nothing has to be deleted. */
const kept = (output: string): Pick<Resource, "read" | "delete"> => ({
  read: async (_, _id, known) => (known[output] ? known : undefined),
  delete: async () => undefined,
});

/** The real provider asks the clock in every plan, and replaces what is due. The hours of early renewal change in place. */
const renewed: Pick<Resource, "planned" | "update"> = {
  planned: (_, { earlyRenewalHours }, old) =>
    old && isDue(old.validityEndTime as string, earlyRenewalHours as number, Date.now())
      ? { readyForRenewal: true }
      : {},
  update: async () => undefined,
};

/** What is signed into a certificate: a subject and its names. */
export const certRequest: Resource = {
  properties: {
    privateKeyPem: string({ required: true, forceNew: true, secret: true }),
    subject,
    ...names,
    keyAlgorithm: string({ output: true }),
    certRequestPem: string({ output: true }),
  },
  async create(_, inputs) {
    const { privateKeyPem, ...described } = inputs;
    const request = await x509.Pkcs10CertificateRequestGenerator.create({
      name: nameOf(described),
      keys: await keyPair(privateKeyPem as string),
      signingAlgorithm: ALGORITHM,
      extensions: alternatives(described),
    });
    const certRequestPem = pem(request);
    return { id: digest(certRequestPem), state: { certRequestPem, keyAlgorithm: "RSA" } };
  },
  ...kept("certRequestPem"),
};

/** A certificate that vouches for itself, such as an authority's. */
export const selfSignedCert: Resource = {
  properties: {
    ...certificate,
    privateKeyPem: string({ required: true, forceNew: true, secret: true }),
    subject,
    ...names,
    keyAlgorithm: string({ output: true }),
  },
  async create(_, inputs) {
    const keys = await keyPair(inputs.privateKeyPem as string);
    const name = nameOf(inputs);
    const parties = { subject: name, issuer: name, publicKey: keys.publicKey, signingKey: keys.privateKey };
    const made = await sign(inputs, parties, [
      ...alternatives(inputs),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ]);
    return { ...made, state: { ...made.state, keyAlgorithm: "RSA" } };
  },
  ...kept("certPem"),
  ...renewed,
};

/** A certificate for a request, signed by an authority that the program has the key of. */
export const locallySignedCert: Resource = {
  properties: {
    ...certificate,
    certRequestPem: string({ required: true, forceNew: true }),
    caCertPem: string({ required: true, forceNew: true }),
    caPrivateKeyPem: string({ required: true, forceNew: true, secret: true }),
    caKeyAlgorithm: string({ output: true }),
  },
  async create(_, inputs) {
    const request = new x509.Pkcs10CertificateRequest(inputs.certRequestPem as string);
    const authority = new x509.X509Certificate(inputs.caCertPem as string);
    const { privateKey } = await keyPair(inputs.caPrivateKeyPem as string);
    const parties = {
      subject: request.subject,
      issuer: authority.subject,
      publicKey: request.publicKey,
      signingKey: privateKey,
    };
    const made = await sign(inputs, parties, [
      ...request.extensions,
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
    ]);
    return { ...made, state: { ...made.state, caKeyAlgorithm: "RSA" } };
  },
  ...kept("certPem"),
  ...renewed,
};

interface Parties {
  subject: string;
  issuer: string;
  publicKey: x509.PublicKeyType;
  signingKey: CryptoKey;
}

async function sign(inputs: Values, parties: Parties, extensions: x509.Extension[]): Promise<Created> {
  const notBefore = new Date(Math.floor(Date.now() / 1000) * 1000);
  const notAfter = new Date(notBefore.getTime() + (inputs.validityPeriodHours as number) * HOUR_MS);
  const made = await x509.X509CertificateGenerator.create({
    ...parties,
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(inputs.isCaCertificate as boolean, undefined, true),
      ...usage(inputs.allowedUses as string[]),
      ...extensions,
    ],
  });
  const state = {
    certPem: pem(made),
    validityStartTime: notBefore.toISOString(),
    validityEndTime: notAfter.toISOString(),
    readyForRenewal: false,
  };
  return { id: BigInt(`0x${made.serialNumber}`).toString(), state };
}

/** The uses by the provider's names: of the key, and of the certificate. */
const KEY_USES: Record<string, x509.KeyUsageFlags> = {
  digital_signature: x509.KeyUsageFlags.digitalSignature,
  key_encipherment: x509.KeyUsageFlags.keyEncipherment,
  cert_signing: x509.KeyUsageFlags.keyCertSign,
  crl_signing: x509.KeyUsageFlags.cRLSign,
};
const EXTENDED_USES: Record<string, string> = {
  server_auth: x509.ExtendedKeyUsage.serverAuth,
  client_auth: x509.ExtendedKeyUsage.clientAuth,
};

function usage(uses: string[]): x509.Extension[] {
  const unknown = uses.filter((use) => !(use in KEY_USES) && !(use in EXTENDED_USES));
  if (unknown.length > 0) throw new Error(`the stand-in does not know the uses ${unknown.join(", ")}`);
  const flags = uses.reduce((sum, use) => sum | (KEY_USES[use] ?? 0), 0);
  const extended = uses.flatMap((use) => EXTENDED_USES[use] ?? []);
  return [
    new x509.KeyUsagesExtension(flags, true),
    ...(extended.length > 0 ? [new x509.ExtendedKeyUsageExtension(extended)] : []),
  ];
}

function alternatives({ dnsNames = [], ipAddresses = [] }: Values): x509.Extension[] {
  const names = [
    ...(dnsNames as string[]).map((value) => ({ type: "dns" as const, value })),
    ...(ipAddresses as string[]).map((value) => ({ type: "ip" as const, value })),
  ];
  return names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : [];
}

function nameOf({ subject = {} }: Values): string {
  const { commonName, organization } = subject as { commonName?: string; organization?: string };
  const parts: Record<string, string[]>[] = [];
  if (organization) parts.push({ O: [organization] });
  if (commonName) parts.push({ CN: [commonName] });
  return new x509.Name(parts).toString();
}

async function keyPair(privatePem: string): Promise<CryptoKeyPair> {
  const key = createPrivateKey(privatePem);
  const load = (format: "pkcs8" | "spki", der: Buffer, use: "sign" | "verify") =>
    webcrypto.subtle.importKey(format, new Uint8Array(der), ALGORITHM, true, [use]) as Promise<CryptoKey>;
  return {
    privateKey: await load("pkcs8", key.export({ type: "pkcs8", format: "der" }), "sign"),
    publicKey: await load("spki", createPublicKey(key).export({ type: "spki", format: "der" }), "verify"),
  };
}

const pem = (made: { toString(format: "pem"): string }) => `${made.toString("pem").trim()}\n`;
const digest = (text: string) => createHash("sha1").update(text).digest("hex");

/** Whether it is time for another certificate: when this one has ended, or ends within the hours of early renewal. */
export function isDue(validityEndTime: string, earlyRenewalHours: number, now: number): boolean {
  return now >= Date.parse(validityEndTime) - earlyRenewalHours * HOUR_MS;
}
