import * as ssm from "@pulumi/aws/ssm";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import type { SecretName } from "../userdata/service";
import { mintAdminToken, publicKeyOf } from "./adminToken";
import { type Cluster, tagged } from "./cluster";
import { ConsulCredentials, type ConsulCredentialsArgs } from "./ConsulCredentials";

export interface ClusterKeysArgs {
  cluster: Cluster;
  /** Where the parameters go, such as `/realm-cluster/dev/secrets`. */
  secretPath: string;
  /** The secrets that some host reads; each becomes a parameter. */
  secrets: SecretName[];
  /** Realm's feature token. */
  featureToken: pulumi.Input<string>;
  /** The private npm registry's token. */
  npmToken?: pulumi.Input<string>;
  /** An RSA private key in PEM form. @default a new one, of 2048 bits */
  authKey?: pulumi.Output<string>;
  /** Names of the generations of what the program makes; another name makes another key. @default the first */
  rotation: { authKey?: string; gossipKey?: string };
  consul: Omit<ConsulCredentialsArgs, "clusterName">;
}

const DESCRIPTIONS: Record<SecretName, string> = {
  "auth-key": "RSA private key with which the nodes sign tokens",
  "auth-pub": "RSA public key with which the nodes check tokens",
  "feature-token": "Realm's feature token",
  "npm-token": "Token of the npm registry with the Realm packages",
  "ros-default-password": "Password of the user realm-admin, which is empty by default",
  "gossip-key": "Key of Consul's gossip encryption",
  "consul-ca": "Certificate of the authority that Consul's agents trust",
  "consul-server-cert": "Certificate of Consul's servers",
  "consul-server-key": "Key of the certificate of Consul's servers",
  "consul-agent-cert": "Certificate of Consul's client agents",
  "consul-agent-key": "Key of the certificate of Consul's client agents",
  "consul-management": "Consul token that may do anything",
  "consul-token-consul": "Consul token of hosts with a Consul server alone",
  "consul-token-consul-sync": "Consul token of hosts with a Consul server and a sync worker",
  "consul-token-sync": "Consul token of hosts with a sync worker",
  "consul-token-core-services": "Consul token of hosts with core services",
  "consul-token-doctor": "Consul token that looks and changes nothing",
};

/** The keys and passwords that all nodes share, kept as SSM SecureString parameters, and the admin token made from them. */
export class ClusterKeys extends pulumi.ComponentResource {
  /** What Realm Studio logs in with. Secret. */
  readonly adminToken: pulumi.Output<string>;
  /** The parameters that hosts read. */
  readonly parameters: Partial<Record<SecretName, ssm.Parameter>>;

  constructor(name: string, args: ClusterKeysArgs, opts?: pulumi.ComponentResourceOptions) {
    super("realm-cluster:index:ClusterKeys", name, {}, opts);
    const child = { parent: this };
    const { rotation } = args;
    const pair = args.authKey ? broughtIn(args.authKey) : generate(generation("auth-key", rotation.authKey), child);
    const gossip = new random.RandomBytes(generation("gossip-key", rotation.gossipKey), { length: 32 }, child);
    const password = new random.RandomPassword("ros-default-password", { length: 32, special: false }, child);
    const consul = new ConsulCredentials("consul", { clusterName: args.cluster.name, ...args.consul }, child);
    const salt = new random.RandomId("admin-token-salt", { byteLength: 4 }, child);

    const values: Partial<Record<SecretName, pulumi.Input<string>>> = {
      ...consul.secrets,
      "auth-key": pair.privateKey,
      "auth-pub": pair.publicKey,
      "gossip-key": gossip.base64,
      "feature-token": args.featureToken,
      "npm-token": args.npmToken,
      "ros-default-password": password.result,
    };
    this.parameters = {};
    for (const secret of args.secrets) {
      const value = values[secret];
      if (value === undefined) throw new Error(`a host reads the secret ${secret}, which nobody gave`);
      const parameter = {
        name: `${args.secretPath}/${secret}`,
        type: "SecureString",
        value,
        description: DESCRIPTIONS[secret],
        tags: tagged(args.cluster, secret),
      };
      this.parameters[secret] = new ssm.Parameter(secret, parameter, child);
    }
    this.adminToken = pulumi.secret(
      pulumi.all([pair.privateKey, salt.hex]).apply(([privateKey, hex]) => mintAdminToken(privateKey, hex)),
    );
    this.registerOutputs({ adminToken: this.adminToken });
  }
}

interface KeyPair {
  privateKey: pulumi.Output<string>;
  publicKey: pulumi.Output<string>;
}

const broughtIn = (authKey: pulumi.Output<string>): KeyPair => {
  const privateKey = pulumi.secret(authKey);
  return { privateKey, publicKey: privateKey.apply(publicKeyOf) };
};

/** A key of another name is another key: not everything that makes keys can be told to make a new one. */
const generation = (name: string, which?: string) => (which === undefined ? name : `${name}-${which}`);

const generate = (name: string, child: pulumi.CustomResourceOptions): KeyPair => {
  const key = new tls.PrivateKey(name, { algorithm: "RSA", rsaBits: 2048 }, child);
  return { privateKey: pulumi.secret(key.privateKeyPem), publicKey: key.publicKeyPem };
};
