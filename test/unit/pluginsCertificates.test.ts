import { X509Certificate, createPrivateKey, generateKeyPairSync } from "node:crypto";
import { Lifecycle } from "../../local/plugins/core/lifecycle";
import type { Operation } from "../../local/plugins/core/schema";
import type { Values } from "../../local/plugins/core/wire";
import { isDue } from "../../local/plugins/tls/certificates";
import { tls } from "../../local/plugins/tls/package";

const SELF_SIGNED = "tls:index/selfSignedCert:SelfSignedCert";
const LOCALLY_SIGNED = "tls:index/locallySignedCert:LocallySignedCert";
const HOUR_MS = 3600_000;

const operation: Operation = {
  ...{ name: "it", signal: new AbortController().signal, timeoutSeconds: 0 },
  log: () => undefined,
};
const life = new Lifecycle(tls, tls.context({}));
const newKey = () =>
  generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  }).privateKey;
const create = (token: string, values: Values) => life.create(token, operation, { values, secrets: new Set() });

describe("certificates of the tls stand-in", () => {
  const [authorityKey, key] = [newKey(), newKey()];
  const lasting = { earlyRenewalHours: 0, isCaCertificate: false };
  const usage = ["digital_signature", "key_encipherment", "server_auth", "client_auth"];

  async function issue(changes: Values = {}) {
    const authority = await create(SELF_SIGNED, {
      privateKeyPem: authorityKey,
      subject: { commonName: "Authority" },
      ...lasting,
      isCaCertificate: true,
      allowedUses: ["cert_signing", "crl_signing"],
      validityPeriodHours: 87600,
    });
    const request = await create("tls:index/certRequest:CertRequest", {
      privateKeyPem: key,
      subject: { commonName: "server.dc1.consul" },
      dnsNames: ["server.dc1.consul"],
      ipAddresses: ["127.0.0.1"],
    });
    const inputs: Values = {
      certRequestPem: request.values.certRequestPem,
      caCertPem: authority.values.certPem,
      caPrivateKeyPem: authorityKey,
      allowedUses: usage,
      validityPeriodHours: 48,
      ...lasting,
      ...changes,
    };
    return { authority, inputs, issued: await create(LOCALLY_SIGNED, inputs) };
  }

  test("are signed by the authority, for the request's key and names, for the uses and the hours asked for", async () => {
    const { authority, issued } = await issue();
    const certificate = new X509Certificate(issued.values.certPem as string);
    const ca = new X509Certificate(authority.values.certPem as string);
    expect(certificate.verify(ca.publicKey)).toBe(true);
    expect(certificate.checkIssued(ca)).toBe(true);
    expect([ca.ca, certificate.ca]).toEqual([true, false]);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(certificate.checkHost("server.dc1.consul")).toBe("server.dc1.consul");
    expect(certificate.checkHost("client.dc1.consul")).toBeUndefined();
    expect(certificate.subjectAltName).toBe("DNS:server.dc1.consul, IP Address:127.0.0.1");
    // serverAuth and clientAuth.
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    const [from, to] = [certificate.validFrom, certificate.validTo].map((at) => Date.parse(at));
    expect((to - from) / HOUR_MS).toBe(48);
    expect(Date.parse(issued.values.validityEndTime as string)).toBe(to);
  });

  test("keep the keys that they are made with secret", async () => {
    const { authority, issued } = await issue();
    expect([...authority.secrets]).toEqual(["privateKeyPem"]);
    expect([...issued.secrets]).toEqual(["caPrivateKeyPem"]);
  });

  test("refuse a use that the stand-in does not know", async () => {
    await expect(issue({ allowedUses: ["digital_signature", "email_protection"] })).rejects.toThrow(
      "the stand-in does not know the uses email_protection",
    );
  });

  test("stay as they are while they are not due, whatever the hours of early renewal become", async () => {
    const { inputs, issued } = await issue();
    const wanted = { ...inputs, earlyRenewalHours: 47 };
    expect(life.diff(LOCALLY_SIGNED, operation, issued.values, inputs, inputs).changes.size).toBe(0);
    const { changed, replaces } = life.diff(LOCALLY_SIGNED, operation, issued.values, inputs, wanted);
    expect([[...changed], replaces]).toEqual([["earlyRenewalHours"], []]);
  });

  test("are replaced by the update that finds them due, with nothing else changed", async () => {
    const { inputs, issued } = await issue({ earlyRenewalHours: 24 });
    const later = jest.spyOn(Date, "now").mockReturnValue(Date.now() + 25 * HOUR_MS);
    const { changes, replaces } = life.diff(LOCALLY_SIGNED, operation, issued.values, inputs, inputs);
    later.mockRestore();
    expect([[...changes.keys()], replaces]).toEqual([["readyForRenewal"], ["readyForRenewal"]]);
  });

  test("are due from the hours of early renewal before their end on", () => {
    const end = "2027-01-02T00:00:00.000Z";
    const at = (time: string) => isDue(end, 24, Date.parse(time));
    expect([at("2026-12-31T23:59:59Z"), at("2027-01-01T00:00:00Z"), at("2027-01-03T00:00:00Z")]).toEqual([
      ...[false, true, true],
    ]);
  });
});
