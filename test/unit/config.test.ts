import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { ConfigError, parseConfig, readConfig } from "../../config";
import { shape } from "../../config/schema";
import { least } from "./plan.examples";

const rsaKey = (modulusLength: number) =>
  generateKeyPairSync("rsa", { modulusLength }).privateKey.export({ type: "pkcs1", format: "pem" }).toString();

/** The faults of a configuration, one line each: where it is, what is wrong, what to write. */
function faultsOf(raw: Record<string, unknown>): string[] {
  try {
    parseConfig({ ...least, ...raw });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ path, reason, write }) => `${path} ${reason}: ${write}`);
  }
  return [];
}

test("the defaults are those that are documented", () => {
  expect(parseConfig(least)).toEqual({
    featureToken: expect.anything(),
    placement: "colocated",
    zones: [],
    network: { cidr: "10.20.0.0/16", nat: "single" },
    image: { name: expect.stringMatching(/^ubuntu.*-20\d{6}$/), owner: "099720109477" },
    consul: {
      servers: 3,
      version: "1.20.6",
      sha256: "37fc6f213a44c6db3a2b912966fb1415939e9b189ce1bc1eb07b7f87449a28c2",
      url: "https://releases.hashicorp.com/consul/{version}/consul_{version}_linux_amd64.zip",
      datacenter: "dc1",
      instanceType: "m6i.large",
      volumeGiB: 100,
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

test.each<[string, Record<string, unknown>, string | RegExp]>([
  ["an unknown key with the likely one", { placment: "x" }, "placment is not known: did you mean placement?"],
  ["an unknown key without a likely one", { xyzzy: 1 }, /^xyzzy is not known: write one of placement, zones/],
  ["an unknown key inside", { consul: { server: 3 } }, "consul.server is not known: did you mean servers?"],
  [
    "an unknown key inside a list",
    { syncWorkerGroups: [{ label: "default", worker: 3 }] },
    "syncWorkerGroups[0].worker is not known: did you mean workers?",
  ],
  ["an unknown placement", { placement: "mixed" }, 'placement is "mixed": write one of colocated, dedicated'],
  ["a single zone", { zones: ["eu-west-1a"] }, /^zones is \["eu-west-1a"\]: write 2 to 8 zones/],
  ["a zone twice", { zones: ["eu-west-1a", "eu-west-1a"] }, /^zones .*write each zone once/],
  ["a network that is none", { network: { cidr: "10.0.0.1/16" } }, /^network.cidr is "10.0.0.1\/16": write a private/],
  ["a network that AWS has no room for", { network: { cidr: "10.0.0.0/8" } }, /^network.cidr is a \/8/],
  ["a network that is too small", { network: { cidr: "10.0.0.0/23" } }, /^network.cidr is a \/23/],
  [
    "zones beside an adopted network",
    {
      zones: ["eu-west-1a", "eu-west-1b"],
      network: {
        adopt: { vpcId: "vpc-0a", privateSubnetIds: ["subnet-0a"], publicSubnetIds: ["subnet-0b", "subnet-0c"] },
      },
    },
    /^zones is set, though/,
  ],
  ["an image that is neither", { image: { nam: "x" } }, /^image is \{"nam":"x"\}: write \{name, owner\}/],
  ["an even number of servers", { consul: { servers: 4 } }, /^consul.servers is 4: write 1, 3 or 5/],
  ["a number that is text", { consul: { servers: "3" } }, /^consul.servers is "3": write 1, 3 or 5/],
  ["a version without its digest", { consul: { version: "1.19.2" } }, /^consul.sha256 is missing: .* version 1.19.2/],
  ["a range for a version", { node: { version: "^8.17.0" } }, /^node.version is "\^8.17.0": write one exact version/],
  ["an arm64 type", { coreServices: { instanceType: "t4g.large" } }, /^coreServices.instanceType .*arm64/],
  ["a type from before Nitro", { consul: { instanceType: "t2.medium" } }, /^consul.instanceType .*Nitro/],
  [
    "vendors' URLs without a way to the internet",
    { network: { nat: "none" }, node: { url: "https://mirror.example.com/node-{version}.tar.xz" } },
    /^consul.url is on the internet, .*: write the URL of a mirror/,
  ],
  ["an arm64 type of the first generation", { coreServices: { instanceType: "a1.large" } }, /arm64/],
  ["no group default", { syncWorkerGroups: [{ label: "other" }] }, /^syncWorkerGroups has no group `default`/],
  [
    "a label twice",
    { syncWorkerGroups: [{ label: "default" }, { label: "a" }, { label: "a" }] },
    /^syncWorkerGroups\[2\].label is "a" a second time/,
  ],
  ["a single worker", { syncWorkerGroups: [{ label: "default", workers: 1 }] }, /allowSingleWorker: true/],
  ["four workers", { syncWorkerGroups: [{ label: "default", workers: 4 }] }, /workers is 4: write 2 or 3/],
  [
    "more colocated workers than servers",
    { consul: { servers: 1 } },
    "syncWorkerGroups[0].workers is 3, with 1 Consul server(s) to live on: write 1 or less, or choose placement: dedicated",
  ],
  [
    "a type for workers that live on other hosts",
    { syncWorkerGroups: [{ label: "default", instanceType: "m6i.large" }] },
    /^syncWorkerGroups\[0\].instanceType .*set consul.instanceType instead/,
  ],
  [
    "a snapshot that is none",
    { syncWorkerGroups: [{ label: "default", restoreFrom: "vol-0a" }] },
    /^syncWorkerGroups\[0\].restoreFrom is "vol-0a": write the id of an EBS snapshot/,
  ],
  ["a schedule of another cron", { backup: { schedule: "0 3 * * *" } }, /^backup.schedule .*: write a cron expression/],
  [
    "copies of backups that nobody makes",
    { backup: { copyToRegion: "eu-central-1" } },
    /^backup.copyToRegion is set, but nothing is backed up: set backup.schedule/,
  ],
  [
    "people to tell of nothing",
    { watching: { notify: ["a@example.com"] } },
    /^watching.notify is set, but there are no/,
  ],
  [
    "a retention that CloudWatch does not take",
    { watching: { logRetentionDays: 31 } },
    /^watching.logRetentionDays is 31: write a/,
  ],
  [
    "who can be told by neither mail nor topic",
    { watching: { enabled: true, notify: ["#on-call"] } },
    /^watching.notify\[0\] is "#on-call": write an e-mail address, or an SNS topic/,
  ],
  ["no source of packages", { realm: {} }, /^realm does not say where/],
  [
    "two sources of packages",
    { realm: { registry: "https://a.b/", artifact: { url: "https://a.b/c", sha256: "0".repeat(64) } } },
    /^realm has both/,
  ],
  [
    "overrides for an npm that has none",
    { realm: { registry: "https://a.b/", overrides: { uws: "npm:ws@3.3.3" } } },
    /^realm.overrides needs the npm of Node 16 or later, and node.version is 8.17.0/,
  ],
  [
    "a generation that cannot be part of a name",
    { rotation: { authKey: "New Key" } },
    /^rotation.authKey is "New Key"/,
  ],
  ["a generation that is a number", { rotation: { gossipKey: 2 } }, /^rotation.gossipKey is 2: .*such as "2026-11"/],
  [
    "a token that nothing reads",
    { npmToken: "t", realm: { artifact: { url: "https://a.b/c", sha256: "0".repeat(64) } } },
    /^npmToken is set, but nothing reads it/,
  ],
  [
    "plain HTTP to nobody in particular",
    { loadBalancer: {} },
    /^loadBalancer.allowedCidrs is missing, and without a cert/,
  ],
  [
    "a certificate without its domain",
    { loadBalancer: { certificateArn: "arn:aws:acm:eu-west-1:123456789012:certificate/a" } },
    /^loadBalancer has only one of certificateArn and domain/,
  ],
  [
    "one advertised address for several nodes",
    { coreServices: { nodes: 2, advertiseAddress: "203.0.113.10" } },
    'coreServices.advertiseAddress is 203.0.113.10 for 2 nodes: write a name for each of them, such as "{host}.realm.example.com": {host} becomes core-services-01',
  ],
  [
    "an advertised address that is none",
    { coreServices: { advertiseAddress: "http://x.example.com" } },
    /^coreServices.advertiseAddress is "http:.*write an IPv4 address, or a DNS name/,
  ],
  ["a hosted zone for no name", { dns: { zoneId: "Z0A" } }, /^dns.zoneId is set, but there is no name to put into/],
  [
    "a zone by its name",
    { dns: { zoneId: "example.com" } },
    /^dns.zoneId is "example.com": write the id of a Route 53/,
  ],
  [
    "an adopted network without a place for the load balancer",
    { network: { adopt: { vpcId: "vpc-0a", privateSubnetIds: ["subnet-0a"] } } },
    /^network.adopt.publicSubnetIds is missing: .*or set loadBalancer.internal: true/,
  ],
  ["a reserved tag", { tags: { Name: "x" } }, /^tags is .*choose other names than Name/],
  ["a tag that instance metadata cannot show", { tags: { "cost/center": "x" } }, /^tags is .*instance metadata allows/],
  ["no feature token", { featureToken: "" }, /^featureToken is missing: run `pulumi config set --secret featureToken/],
  [
    "a key that is too short to be safe",
    { authKey: rsaKey(1024) },
    /^authKey is not a valid value: .*2048 bits or more/,
  ],
  ["a key that is none", { authKey: "xyz" }, /^authKey is not a valid value: run/],
])("refuses %s", (_, raw, expected) => {
  const faults = faultsOf(raw);
  expect(faults).toHaveLength(1);
  if (typeof expected === "string") expect(faults[0]).toBe(expected);
  else expect(faults[0]).toMatch(expected);
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
