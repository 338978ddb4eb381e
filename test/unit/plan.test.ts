import { planCluster } from "../../plan";
import { addressIn, checkRoom, planNetwork } from "../../plan/network";
import { configured, facts } from "./plan.examples";

test("user data over EC2's limit is refused, naming the host and its largest parts", () => {
  const noise = Array.from({ length: 900 }, (_, index) => [
    `package-${(index * 7919) % 10007}`,
    `${(index * 104729) % 99991}.0.0`,
  ]);
  const realm = { registry: "https://npm.example.com/", overrides: Object.fromEntries(noise) };
  const config = configured({ realm, node: { version: "22.0.0", sha256: "0".repeat(64) } });
  expect(() => planCluster(config, facts, "dev")).toThrow(/user data of consul-01 .*16384.*package\.json/);
});

test("hosts without the token of a registry do not ask for it", () => {
  expect(planCluster(configured(), facts, "dev").secrets).not.toContain("npm-token");
  expect(planCluster(configured({ npmToken: "t" }), facts, "dev").secrets).toContain("npm-token");
});

test("a Consul server that carries no worker may not read a worker's secrets", () => {
  const { roles } = planCluster(configured({ consul: { servers: 5 } }), facts, "dev");
  const secrets = Object.fromEntries(roles.map((role) => [role.name, role.secrets]));
  expect(secrets["consul-04"].filter((name) => name !== "gossip-key" && !name.startsWith("consul-"))).toEqual([]);
  expect(secrets["consul-01"]).toContain("auth-key");
});

test("none but the Consul servers may read a key or a token of Consul that is not their own", () => {
  const { roles } = planCluster(configured({ placement: "dedicated" }), facts, "dev");
  const secrets = Object.fromEntries(roles.map((role) => [role.name, role.secrets]));
  const ofConsul = (host: string) => secrets[host].filter((name) => name.startsWith("consul-"));
  const agents = ["consul-agent-cert", "consul-agent-key", "consul-ca"];
  expect(ofConsul("sync-default-01")).toEqual([...agents, "consul-token-sync"]);
  expect(ofConsul("core-services-01")).toEqual([...agents, "consul-token-core-services"]);
});

test("zones that the region does not have are refused by their place in the configuration", () => {
  const config = configured({ zones: ["eu-west-1a", "us-east-1a"] });
  expect(() => planCluster(config, facts, "dev")).toThrow(
    'zones[1] is "us-east-1a": write zones of eu-west-1: eu-west-1a, eu-west-1b, eu-west-1c',
  );
});

describe("a group that is restored", () => {
  const snapshots = (keys: Record<string, unknown>) =>
    planCluster(configured(keys), facts, "dev").hosts.map(({ name, snapshotId }) => [name, snapshotId]);
  const restored = { label: "default", workers: 2, restoreFrom: "snap-0a" };

  test("has all its workers' volumes made of the one snapshot, and no other host's", () => {
    const syncWorkerGroups = [restored, { label: "other", workers: 2 }];
    expect(snapshots({ placement: "dedicated", syncWorkerGroups })).toEqual([
      ["consul-01", undefined],
      ["consul-02", undefined],
      ["consul-03", undefined],
      ["sync-default-01", "snap-0a"],
      ["sync-default-02", "snap-0a"],
      ["sync-other-01", undefined],
      ["sync-other-02", undefined],
      ["core-services-01", undefined],
    ]);
  });

  test("is on the Consul servers' volumes in colocated placement, where these carry a worker", () => {
    expect(snapshots({ syncWorkerGroups: [restored] })).toEqual([
      ["consul-01", "snap-0a"],
      ["consul-02", "snap-0a"],
      ["consul-03", undefined],
      ["core-services-01", undefined],
    ]);
  });
});

test("backups are taken once there is a schedule, and not copied to where they are", () => {
  const schedule = "cron(0 3 * * ? *)";
  const planned = (backup: Record<string, unknown>) => planCluster(configured({ backup }), facts, "dev").backup;
  expect(planned({})).toBeUndefined();
  const plan = { schedule, retentionDays: 35, partition: "aws" };
  expect(planned({ schedule, copyToRegion: "us-east-1" })).toEqual({ ...plan, copyToRegion: "us-east-1" });
  expect(() => planned({ schedule, copyToRegion: "eu-west-1" })).toThrow(
    "backup.copyToRegion is the cluster's own region eu-west-1: write another region",
  );
});

test("backups are refused where AWS Backup would refuse their vault's name", () => {
  const planned = (stack: string) =>
    planCluster(configured({ backup: { schedule: "cron(0 3 * * ? *)" } }), facts, stack);
  expect(planned("a".repeat(21)).backup).toBeDefined();
  expect(() => planned("a".repeat(22))).toThrow(
    `backup.schedule makes vaults whose names realm-cluster-${"a".repeat(22)} is too long for: name the stack with 21 characters at most`,
  );
});

test("only three zones are used when none are named", () => {
  const { network } = planCluster(configured(), { ...facts, zones: ["a", "b", "c", "d"] }, "dev");
  expect(network.zones.map(({ zone }) => zone)).toEqual(["a", "b", "c"]);
});

test.each(["Dev", "1st", "a".repeat(29), "a.b", ""])("the stack name %j is refused", (stack) => {
  expect(() => planCluster(configured(), facts, stack)).toThrow("name the stack with lower-case letters");
});

test("an address is counted from the subnet's first, and never one that AWS keeps for itself", () => {
  expect(addressIn("10.0.0.0/24", 10)).toBe("10.0.0.10");
  expect(addressIn("10.0.1.16/28", 14)).toBe("10.0.1.30");
  for (const number of [3, 15]) expect(() => addressIn("10.0.1.16/28", number)).toThrow("use a larger network");
});

describe("a network", () => {
  const inEachZone = (hosts: number, config = configured(), internal = false) => {
    const network = planNetwork(config, facts);
    checkRoom(
      network,
      network.zones.flatMap(({ zone }) => Array<string>(hosts).fill(zone)),
      internal,
    );
  };
  // It has private subnets of 64 addresses, of which AWS keeps five.
  const small = { network: { cidr: "10.20.0.0/22" } };

  test.each([
    ["its default", 4091, configured(), false],
    ["the smallest", 59, configured(small), false],
    ["the smallest, with the load balancer in it", 51, configured(small), true],
  ])("of %s has room for %d hosts in each zone", (_, room, config, internal) => {
    expect(() => inEachZone(room, config, internal)).not.toThrow();
    const fault = `with room for ${room} hosts, and ${room + 1} are to live there`;
    expect(() => inEachZone(room + 1, config, internal)).toThrow(fault);
  });

  test("without room for all hosts of a zone is refused before anything is made", () => {
    const labels = ["default", ...Array.from({ length: 57 }, (_, index) => `group-${index + 2}`)];
    const syncWorkerGroups = labels.map((label) => ({ label, workers: 3 }));
    expect(() => planCluster(configured({ placement: "dedicated", syncWorkerGroups, ...small }), facts, "dev")).toThrow(
      "network leaves eu-west-1a a private subnet 10.20.0.0/26 with room for 59 hosts, and 60 are to live there: " +
        "use a larger network, larger subnets, or more zones",
    );
  });
});

test("the same input gives the same plan, user data and all", () => {
  const texts = [1, 2].map(() => JSON.stringify(planCluster(configured(), facts, "dev")));
  expect(texts[0]).toBe(texts[1]);
  expect(texts[0]).toContain('"userData"');
});
