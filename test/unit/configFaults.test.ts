/** What is wrong with a configuration is told before anything is touched: where, why, and what to write instead. */
import { generateKeyPairSync } from "node:crypto";
import { faultsOf } from "./plan.examples";

const rsaKey = (modulusLength: number) =>
  generateKeyPairSync("rsa", { modulusLength }).privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const key = rsaKey(2048);

const many = (count: number) => Array.from({ length: count }, (_, index) => [`tag-${index}`, "x"]);
const balancer = (values: object) => ({ loadBalancer: { allowedCidrs: ["203.0.113.0/24"], ...values } });
const https = (values: object) => ({
  loadBalancer: {
    certificateArn: "arn:aws:acm:eu-west-1:123456789012:certificate/a",
    domain: "realm.example.com",
    ...values,
  },
});
const group = (values: object) => ({ syncWorkerGroups: [{ label: "default" }, { label: "a", ...values }] });
const realm = (versions: object) => ({ registry: "https://npm.example.com/", versions });
const backups = (values: object) => ({ backup: { schedule: "cron(0 3 * * ? *)", ...values } });
const adopt = (values: object) => ({
  network: {
    adopt: {
      vpcId: "vpc-0a",
      privateSubnetIds: ["subnet-0a"],
      publicSubnetIds: ["subnet-0b", "subnet-0c"],
      ...values,
    },
  },
});

const faulty: [string, Record<string, unknown>, string | RegExp][] = [
  // Configurations that contradict themselves, and what they are most often meant to be.
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
    "a lock file without a registry",
    {
      realm: {
        artifact: { url: "https://a.b/c", sha256: "0".repeat(64) },
        lockFile: { url: "https://a.b/d", sha256: "0".repeat(64) },
      },
    },
    /^realm.lockFile is set, but an artifact is not installed by npm: remove it$/,
  ],
  [
    "a lock file without its digest",
    { realm: { registry: "https://a.b/", lockFile: { url: "https://a.b/d" } } },
    /^realm.lockFile.sha256 is missing/,
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

  // Wrong kinds of value.
  ["text for an object", { consul: "three" }, /^consul is "three": write \{servers, version, .*certificates\}$/],
  ["a list for an object", { network: [] }, /^network is \[\]: write \{cidr, nat, egressCidrs, adopt\}$/],
  ["nothing for an object", { node: null }, /^node is null: write \{version, sha256, url\}$/],
  [
    "text for a group",
    { syncWorkerGroups: ["default"] },
    /^syncWorkerGroups\[0\] is "default": write \{label, workers, /,
  ],
  ["an object for a list of groups", { syncWorkerGroups: { label: "default" } }, /: write a list of groups, such as/],
  ["text for a list of zones", { zones: "eu-west-1a" }, /^zones is "eu-west-1a": write a list of zones/],
  ["text for a list of networks", { loadBalancer: { allowedCidrs: "10.0.0.0/8" } }, /: write a list of IPv4 networks$/],
  ["a word for yes", { retainData: "yes" }, /^retainData is "yes": write true or false/],
  ["a number for yes", { deletionProtection: 1 }, /^deletionProtection is 1: write true or false/],
  ["a word for an option", { coreServices: { graphql: "on" } }, /^coreServices.graphql is "on": write true to serve/],
  ["a number for a word", { placement: 3 }, "placement is 3: write one of colocated, dedicated"],
  ["a number for a version", { node: { version: 16 } }, /^node.version is 16: write one exact version/],
  ["text for an override's target", { realm: { registry: "https://a.b/", overrides: "x" } }, /: write package names/],
  ["a number for an override", { realm: { registry: "https://a.b/", overrides: { a: 1 } } }, /^realm.overrides.a is 1/],
  ["a number for a tag's value", { tags: { team: 7 } }, /^tags.team is 7: write a string/],
  ["a list for tags", { tags: ["team"] }, /^tags is \["team"\]: write names and values/],
  ["an image as text", { image: "ami-0a1b2c3d" }, /^image is "ami-0a1b2c3d": write \{name, owner\}/],
  ["text for an artifact", { realm: { artifact: "https://a.b/c" } }, /^realm.artifact is .*: write \{url, sha256\}$/],
  [
    "text for a network to adopt",
    { network: { adopt: "vpc-0a" } },
    /^network.adopt is .*: write \{vpcId, privateSubnetIds/,
  ],

  // Values out of range.
  ["no server", { consul: { servers: 0 } }, /^consul.servers is 0: write 1, 3 or 5/],
  ["seven servers", { consul: { servers: 7 } }, /^consul.servers is 7: write 1, 3 or 5/],
  ["no worker", { syncWorkerGroups: [{ label: "default", workers: 0 }] }, /workers is 0: write 2 or 3/],
  ["half a worker", { syncWorkerGroups: [{ label: "default", workers: 2.5 }] }, /workers is 2.5: write 2 or 3/],
  ["no core node", { coreServices: { nodes: 0 } }, /^coreServices.nodes is 0: write a number from 1 to 50/],
  ["too many core nodes", { coreServices: { nodes: 51 } }, /^coreServices.nodes is 51: write a number from 1 to 50/],
  ["an empty disk", { consul: { volumeGiB: 0 } }, /^consul.volumeGiB is 0: write the size of the data volume in GiB/],
  [
    "certificates that are renewed by every update",
    { consul: { certificates: { validDays: 30 } } },
    /^consul.certificates .*write fewer renewDays than validDays/,
  ],
  [
    "certificates for ever",
    { consul: { certificates: { validDays: 36500 } } },
    /^consul.certificates.validDays is 36500: write days, from 2 to 3650/,
  ],
  ["a disk beyond EBS", { consul: { volumeGiB: 20000 } }, /^consul.volumeGiB is 20000: write .* from 1 to 16384/],
  ["no time to boot", { bootTimeoutMinutes: 0 }, /^bootTimeoutMinutes is 0: write minutes, from 1 to 120/],
  ["a day to boot", { bootTimeoutMinutes: 1440 }, /^bootTimeoutMinutes is 1440: write minutes/],
  [
    "no patience with WebSockets",
    balancer({ idleTimeoutSeconds: 0 }),
    /idleTimeoutSeconds is 0: write seconds, from 1/,
  ],
  ["more patience than AWS has", balancer({ idleTimeoutSeconds: 4001 }), /idleTimeoutSeconds is 4001: .* to 4000/],
  ["time to drain below none", balancer({ drainSeconds: -1 }), /^loadBalancer.drainSeconds is -1: write seconds/],
  ["backups for no day", { backup: { retentionDays: 0 } }, /^backup.retentionDays is 0: write days, from 1/],
  ["nine zones", { zones: [..."abcdefghi"].map((zone) => `eu-west-1${zone}`) }, /write 2 to 8 zones/],
  ["more tags than AWS takes", { tags: Object.fromEntries(many(47)) }, /write 46 tags at most/],
  ["a tag's value beyond AWS's length", { tags: { team: "x".repeat(257) } }, /write values of 256 characters at most/],
  ["a tag's value with a comma", { tags: { team: "a,b" } }, /letters, digits, spaces and/],

  // Values of the right kind that name nothing.
  [
    "a region for a zone",
    { zones: ["eu-west-1", "eu-west-1b"] },
    /^zones\[0\] is "eu-west-1": write the name of a zone/,
  ],
  ["a network without its prefix", { network: { cidr: "10.20.0.0" } }, /^network.cidr is "10.20.0.0": write a private/],
  ["a network of the internet", { network: { cidr: "8.8.0.0/16" } }, /^network.cidr is "8.8.0.0\/16": write a private/],
  [
    "an address for a network",
    balancer({ allowedCidrs: ["203.0.113.7"] }),
    /allowedCidrs\[0\] is "203.0.113.7": write/,
  ],
  ["a network of IPv6", balancer({ allowedCidrs: ["2001:db8::/32"] }), /allowedCidrs\[0\] is "2001:db8::\/32": write/],
  ["nobody who may come", balancer({ allowedCidrs: [] }), /^loadBalancer.allowedCidrs is \[\]: write one network/],
  [
    "a network twice",
    balancer({ allowedCidrs: ["10.0.0.0/8", "10.0.0.0/8"] }),
    /allowedCidrs\[1\] is .* a second time/,
  ],
  [
    "a network that is in another",
    balancer({ allowedCidrs: ["10.1.0.0/16", "10.0.0.0/8"] }),
    "loadBalancer.allowedCidrs[0] is 10.1.0.0/16, a part of 10.0.0.0/8: remove one of the two",
  ],
  ["hosts that may reach nothing", { network: { egressCidrs: [] } }, /^network.egressCidrs is \[\]: write one network/],
  [
    "a name for a network to reach",
    { network: { egressCidrs: ["npm.example.com"] } },
    /egressCidrs\[0\] is "npm.example.com": write an IPv4/,
  ],
  ["a size without its family", { consul: { instanceType: "large" } }, /^consul.instanceType is "large": write an EC2/],
  ["an instance type in capitals", { consul: { instanceType: "M6I.large" } }, /^consul.instanceType .*write an EC2/],
  ["a Graviton type of a group", group({ instanceType: "r6gd.large" }), /instanceType is "r6gd.large": .*arm64/],
  ["a label in capitals", group({ label: "Archive" }), /^syncWorkerGroups\[1\].label is "Archive": write lower-case/],
  ["a label that is a number", group({ label: "2" }), /^syncWorkerGroups\[1\].label is "2": write lower-case/],
  ["an empty label", group({ label: "" }), /^syncWorkerGroups\[1\].label is "": write lower-case/],
  ["no label", group({ label: undefined }), /^syncWorkerGroups\[1\].label is missing: write lower-case/],
  ["no group at all", { syncWorkerGroups: [] }, /^syncWorkerGroups has no group `default`/],
  ["a datacenter with a dot", { consul: { datacenter: "eu.1" } }, /^consul.datacenter is "eu.1": write lower-case/],
  ["a tag for a version", { realm: realm({ "realm-object-server": "latest" }) }, /: write one exact version, such as/],
  ["a package that is not installed", { realm: realm({ realm: "1.0.0" }) }, /^realm.versions.realm is not known/],
  ["a digest in capitals", { node: { version: "16.20.2", sha256: "A".repeat(64) } }, /^node.sha256 is .*64 lower-case/],
  ["a digest of another kind", { node: { version: "16.20.2", sha256: "a".repeat(40) } }, /^node.sha256 is .*sha256/],
  ["a download from a disk", { consul: { url: "file:///consul.zip" } }, /^consul.url is "file:.*: write an address/],
  [
    "a download from a port that is none",
    { node: { url: "https://mirror.example.com:abc/node.tar.xz" } },
    /^node.url is "https:\/\/mirror.example.com:abc.*: write an address/,
  ],
  [
    "a network that hosts may go out to twice",
    { network: { egressCidrs: ["10.30.0.0/24", "10.30.0.0/24"] } },
    /^network.egressCidrs is .*: write each network once$/,
  ],
  [
    "a network of scrapers twice",
    { watching: { metricsCidrs: ["10.30.0.0/24", "10.30.0.0/24"] } },
    /^watching.metricsCidrs is .*: write each network once$/,
  ],
  ["a download without a scheme", { node: { url: "mirror/node.tar.xz" } }, /^node.url is "mirror.*: write an address/],
  [
    "a registry with a password in its address",
    { realm: { registry: "https://me:secret@npm.example.com/" } },
    /^realm.registry is .*: write it without user name and password/,
  ],
  [
    "an artifact without its digest",
    { realm: { artifact: { url: "https://a.b/c" } } },
    /^realm.artifact.sha256 is missing/,
  ],
  ["an image of nobody", { image: { name: "ubuntu" } }, /^image is .*: write \{name, owner\}/],
  [
    "an image of someone by name",
    { image: { name: "ubuntu", owner: "canonical" } },
    /^image.owner is "canonical": write its owner's account/,
  ],
  [
    "an image by two ways",
    { image: { id: "ami-0a", name: "ubuntu", owner: "self" } },
    /^image is .*: write \{name, own/,
  ],
  [
    "an address beyond IPv4",
    { coreServices: { advertiseAddress: "10.0.0.300" } },
    /^coreServices.advertiseAddress is /,
  ],
  ["a certificate of IAM", https({ certificateArn: "arn:aws:iam::1:server-certificate/a" }), /the ARN of an ACM cert/],
  ["a URL for a domain", https({ domain: "https://realm.example.com" }), /^loadBalancer.domain is .*a domain name/],
  ["a domain without a dot", https({ domain: "realm" }), /^loadBalancer.domain is "realm": write a domain name/],
  ["a private zone in capitals", { dns: { privateZone: "Realm.internal" } }, /^dns.privateZone is .*a domain name/],
  ["a rate for a schedule", { backup: { schedule: "rate(1 day)" } }, /^backup.schedule is .*: write a cron expression/],
  [
    "a zone for a region",
    backups({ copyToRegion: "eu-central-1a" }),
    /^backup.copyToRegion is .*: write the name of a/,
  ],
  ["people told twice", { watching: { enabled: true, notify: ["a@b.c", "a@b.c"] } }, /^watching.notify is .*each once/],
  ["a token with a space", { featureToken: "a b" }, /^featureToken is not a valid value: run `pulumi config set/],
  [
    "a generation beside a key that was brought",
    { authKey: key, rotation: { authKey: "b" } },
    /^rotation.authKey is set/,
  ],

  // A network to adopt.
  ["a VPC by its name", adopt({ vpcId: "main" }), /^network.adopt.vpcId is "main": write the VPC's id/],
  ["no private subnet", adopt({ privateSubnetIds: [] }), /^network.adopt.privateSubnetIds is \[\]: write the ids of 1/],
  ["a subnet by its name", adopt({ privateSubnetIds: ["a"] }), /privateSubnetIds\[0\] is "a": write a subnet's id/],
  ["a private subnet twice", adopt({ privateSubnetIds: ["subnet-0a", "subnet-0a"] }), /write each subnet once/],
  ["one public subnet", adopt({ publicSubnetIds: ["subnet-0b"] }), /publicSubnetIds is .*: write the ids of 2/],
  [
    "a public subnet that hosts live in",
    adopt({ publicSubnetIds: ["subnet-0a", "subnet-0b"] }),
    /^network.adopt.publicSubnetIds\[0\] is subnet-0a, which is among the private ones, too: write a subnet with/,
  ],
];

test.each(faulty)("refuses %s", (_, raw, expected) => {
  const faults = faultsOf(raw);
  expect(faults).toHaveLength(1);
  if (typeof expected === "string") expect(faults[0]).toBe(expected);
  else expect(faults[0]).toMatch(expected);
});

test("each of these faults is another one", () => {
  expect(new Set(faulty.map(([name]) => name)).size).toBe(faulty.length);
  expect(new Set(faulty.map(([, raw]) => JSON.stringify(raw))).size).toBe(faulty.length);
  expect(faulty.length).toBeGreaterThanOrEqual(100);
});
