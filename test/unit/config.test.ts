import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { parseConfig, readConfig } from "../../config";
import { shape } from "../../config/schema";
import { faultsOf, least } from "./plan.examples";

const rsaKey = (modulusLength: number) =>
  generateKeyPairSync("rsa", { modulusLength }).privateKey.export({ type: "pkcs1", format: "pem" }).toString();

test("the defaults are those that are documented", () => {
  expect(parseConfig(least)).toEqual({
    featureToken: expect.anything(),
    placement: "colocated",
    zones: [],
    network: { cidr: "10.20.0.0/16", nat: "single", egressCidrs: ["0.0.0.0/0"] },
    image: { name: expect.stringMatching(/^ubuntu.*-20\d{6}$/), owner: "099720109477" },
    consul: {
      servers: 3,
      version: "1.20.6",
      sha256: "37fc6f213a44c6db3a2b912966fb1415939e9b189ce1bc1eb07b7f87449a28c2",
      url: "https://releases.hashicorp.com/consul/{version}/consul_{version}_linux_amd64.zip",
      datacenter: "dc1",
      instanceType: "m6i.large",
      volumeGiB: 100,
      certificates: { validDays: 365, renewDays: 90 },
    },
    node: {
      version: "8.17.0",
      sha256: "b7f6dd77fb173c8c7c30d61d0702eefc236bba74398538aa77bfa2bb47bddce6",
      url: "https://nodejs.org/dist/v{version}/node-v{version}-linux-x64.tar.xz",
    },
    realm: {
      registry: "https://npm.example.com/",
      versions: {
        "realm-object-server": "3.12.0",
        "realm-object-server-enterprise": "3.1.3",
        "realm-graphql-service": "3.4.0",
      },
      overrides: {},
    },
    syncWorkerGroups: [{ label: "default", workers: 3, allowSingleWorker: false }],
    coreServices: { nodes: 1, instanceType: "m6i.large", graphql: false },
    loadBalancer: { internal: false, allowedCidrs: ["0.0.0.0/0"], idleTimeoutSeconds: 3600, drainSeconds: 30 },
    dns: {},
    bootTimeoutMinutes: 15,
    rotation: {},
    retainData: true,
    discardData: [],
    deletionProtection: false,
    backup: { retentionDays: 35 },
    watching: { enabled: false, notify: [], logRetentionDays: 30, metricsCidrs: [] },
    tags: {},
  });
});

test("a secret's value is in no fault", () => {
  const text = faultsOf({ featureToken: "my secret", npmToken: "my secret", authKey: "my secret" }).join();
  expect(text).toContain("npmToken is not a valid value");
  expect(text).not.toContain("my secret");
});

test("all faults are reported at once, in the order of the keys, with a heading", () => {
  const raw = {
    placement: "x",
    consul: { servers: 2, versio: "1" },
    featureToken: "t",
    loadBalancer: {},
    wat: 1,
    realm: {},
  };
  expect(() => parseConfig(raw)).toThrow(
    [
      "the configuration has 6 faults:",
      "  realm-cluster:wat is not known: write one of placement, zones, network, image, consul, node, realm, syncWorkerGroups, coreServices, loadBalancer, dns, featureToken, npmToken, authKey, rotation, bootTimeoutMinutes, retainData, discardData, deletionProtection, backup, watching, tags, or remove it",
      '  realm-cluster:placement is "x": write one of colocated, dedicated',
      "  realm-cluster:consul.servers is 2: write 1, 3 or 5: an even number survives no more losses than one less",
      "  realm-cluster:consul.versio is not known: did you mean version?",
      "  realm-cluster:realm does not say where the Realm packages come from: set realm.registry (with npmToken) or realm.artifact: the Enterprise package is on no public registry",
      '  realm-cluster:loadBalancer.allowedCidrs is missing, and without a certificate tokens cross the network in the clear: write who may reach the load balancer, such as ["203.0.113.0/24"], or set loadBalancer.certificateArn',
    ].join("\n"),
  );
});

test.each<[string, Record<string, unknown>]>([
  ["an RSA key of an older cluster", { authKey: rsaKey(2048) }],
  ["another version with its digest", { consul: { version: "1.19.2", sha256: "0".repeat(64) } }],
  ["one worker, asked for by name", { syncWorkerGroups: [{ label: "default", workers: 1, allowSingleWorker: true }] }],
  [
    "overrides with a newer Node",
    {
      realm: { registry: "https://a.b/", overrides: { a: "b" } },
      node: { version: "16.20.2", sha256: "0".repeat(64) },
    },
  ],
  [
    "overrides in a lock file, which an older npm follows, too",
    {
      realm: {
        registry: "https://a.b/",
        overrides: { a: "b" },
        lockFile: { url: "https://a.b/c", sha256: "0".repeat(64) },
      },
    },
  ],
  ["x86-64 types that only look like Graviton", { coreServices: { instanceType: "g4dn.xlarge" } }],
  [
    "a type for the workers of another group",
    { syncWorkerGroups: [{ label: "default" }, { label: "a", instanceType: "r6i.large" }] },
  ],
  [
    "a type for the workers of dedicated hosts",
    { placement: "dedicated", syncWorkerGroups: [{ label: "default", volumeGiB: 500 }] },
  ],
  ["an advertised address for the only node", { coreServices: { advertiseAddress: "203.0.113.10" } }],
  ["an advertised name for each node", { coreServices: { nodes: 2, advertiseAddress: "{host}.realm.example.com" } }],
  [
    "an internal load balancer in a network without public subnets",
    {
      network: { adopt: { vpcId: "vpc-0a", privateSubnetIds: ["subnet-0a", "subnet-0b"] } },
      loadBalancer: { internal: true, allowedCidrs: ["10.0.0.0/8"] },
    },
  ],
])("accepts %s", (_, raw) => {
  expect(faultsOf(raw)).toEqual([]);
});

test("secrets are Pulumi secrets as soon as they are parsed", async () => {
  const { featureToken, npmToken, authKey } = parseConfig({ ...least, npmToken: "t" });
  expect(await pulumi.isSecret(featureToken)).toBe(true);
  expect(npmToken && (await pulumi.isSecret(npmToken))).toBe(true);
  expect(authKey).toBeUndefined();
});

test("the stack's configuration is read as the engine hands it over", async () => {
  await pulumi.runtime.setMocks(
    { newResource: () => ({ id: "", state: {} }), call: () => ({}) },
    "realm-cluster",
    "dev",
  );
  pulumi.runtime.setAllConfig({
    "aws:region": "eu-west-1",
    "realm-cluster:featureToken": "123",
    "realm-cluster:realm": '{"registry":"https://npm.example.com/"}',
    "realm-cluster:loadBalancer": '{"allowedCidrs":["0.0.0.0/0"]}',
    "realm-cluster:bootTimeoutMinutes": "20",
    "realm-cluster:retainData": "false",
  });
  expect(readConfig()).toMatchObject({ bootTimeoutMinutes: 20, retainData: false });
  pulumi.runtime.setAllConfig({ "realm-cluster:network": "{broken" });
  expect(readConfig).toThrow('realm-cluster:network is "{broken"');
});

test("Pulumi.yaml describes every key, with the same default", () => {
  const yaml = parse(readFileSync(join(__dirname, "../../Pulumi.yaml"), "utf8")) as {
    config: Record<string, { type: string; default: unknown; description: string }>;
  };
  expect(Object.keys(yaml.config)).toEqual(Object.keys(shape));
  for (const [key, declared] of Object.entries(yaml.config)) {
    expect(declared.description.length).toBeGreaterThan(20);
    if (key === "featureToken" || key === "realm" || key === "loadBalancer") continue;
    const schema = shape[key as keyof typeof shape];
    expect([key, schema.parse(declared.default)]).toEqual([key, schema.parse(undefined)]);
  }
});
