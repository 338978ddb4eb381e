import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import type { ConsulRole, SecretName } from "../userdata/service";
import { roles } from "../userdata/services/consulRoles";

export interface ConsulCredentialsArgs {
  /** The cluster's name, which is in the authority's. */
  clusterName: string;
  /** Consul's name of the datacenter: a server is known by it. */
  datacenter: string;
  /** How long a certificate is valid, and how long before its end it is renewed, in days. */
  certificates: { validDays: number; renewDays: number };
}

/** The authority's own certificate outlives every other one: it has no successor yet. */
const AUTHORITY_YEARS = 30;

const days = (number: number) => number * 24;

/** The uses of an agent's certificate: agents call servers, and servers call each other. */
const USES = ["digital_signature", "key_encipherment", "server_auth", "client_auth"];

/** Who takes part in Consul: the certificates by which its agents know each other, and the tokens that its access control knows. */
export class ConsulCredentials extends pulumi.ComponentResource {
  /** What hosts read, by name. */
  readonly secrets: Partial<Record<SecretName, pulumi.Output<string>>>;

  constructor(name: string, args: ConsulCredentialsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("realm-cluster:index:ConsulCredentials", name, {}, opts);
    const child = { parent: this };
    const newKey = (owner: string) => new tls.PrivateKey(`${owner}-key`, { algorithm: "RSA", rsaBits: 2048 }, child);

    const authorityKey = newKey("consul-ca");
    const authority = new tls.SelfSignedCert(
      "consul-ca",
      {
        privateKeyPem: authorityKey.privateKeyPem,
        subject: { commonName: `Consul of ${args.clusterName}` },
        isCaCertificate: true,
        allowedUses: ["cert_signing", "crl_signing"],
        validityPeriodHours: days(365 * AUTHORITY_YEARS),
      },
      child,
    );
    const certify = (kind: "server" | "agent", dnsName: string) => {
      const owner = `consul-${kind}`;
      const key = newKey(owner);
      const request = new tls.CertRequest(
        owner,
        { privateKeyPem: key.privateKeyPem, subject: { commonName: dnsName }, dnsNames: [dnsName] },
        child,
      );
      // The provider makes another one when an update finds this one in its last days.
      const certificate = new tls.LocallySignedCert(
        owner,
        {
          certRequestPem: request.certRequestPem,
          caCertPem: authority.certPem,
          caPrivateKeyPem: authorityKey.privateKeyPem,
          allowedUses: USES,
          validityPeriodHours: days(args.certificates.validDays),
          earlyRenewalHours: days(args.certificates.renewDays),
        },
        child,
      );
      return { [`${owner}-cert`]: certificate.certPem, [`${owner}-key`]: key.privateKeyPem };
    };
    const token = (owner: string) => ({ [owner]: uuid(new random.RandomBytes(owner, { length: 16 }, child).hex) });
    const tokens = (Object.keys(roles) as ConsulRole[]).map((role) => token(`consul-token-${role}`));

    this.secrets = {
      "consul-ca": authority.certPem,
      // The name by which agents tell a server from everyone else.
      ...certify("server", `server.${args.datacenter}.consul`),
      ...certify("agent", `client.${args.datacenter}.consul`),
      ...token("consul-management"),
      ...Object.assign({}, ...tokens),
    };
    this.registerOutputs();
  }
}

/** Consul wants its tokens in the form of a UUID. */
const uuid = (hex: pulumi.Output<string>) =>
  hex.apply((digits) => digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"));
