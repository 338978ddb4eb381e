/** In which order a change replaces the hosts of a cluster that runs. */
import { type Deployment, type Reports, deploy, waitsFor } from "./deploy";

const INSTANCE = "aws:ec2/instance:Instance";

const dedicated = {
  "realm-cluster:placement": "dedicated",
  "realm-cluster:coreServices": JSON.stringify({ nodes: 2 }),
  "realm-cluster:syncWorkerGroups": JSON.stringify([{ label: "default" }, { label: "other", workers: 2 }]),
};
const hosts = [
  ...["consul-01", "consul-02", "consul-03", "sync-default-01", "sync-default-02", "sync-default-03"],
  ...["sync-other-01", "sync-other-02", "core-services-01", "core-services-02"],
];
const reports = (changes: Reports = {}): Reports => ({
  ...Object.fromEntries(hosts.map((host) => [host, "ready"])),
  ...changes,
});

/** The hosts whose instances a host's instance waits for. */
function hostsBefore(cluster: Deployment, host: string): string[] {
  const instances = cluster.ofType(INSTANCE);
  const before = waitsFor(
    instances.find(({ name }) => name === host)!,
    cluster,
  );
  const waited = instances.filter(({ urn }) => before.has(urn));
  return waited.map(({ name }) => name).sort();
}

let whole: Deployment;
beforeAll(async () => {
  whole = await deploy(dedicated, "dev", reports());
});

test("working hosts go one at a time: servers, then workers with groups side by side, then core nodes", () => {
  const cluster = whole;
  const servers = ["consul-01", "consul-02", "consul-03"];
  const workers = hosts.filter((host) => host.startsWith("sync"));
  expect(hostsBefore(cluster, "consul-01")).toEqual([]);
  expect(hostsBefore(cluster, "consul-02")).toEqual(["consul-01"]);
  expect(hostsBefore(cluster, "consul-03")).toEqual(["consul-01", "consul-02"]);
  expect(hostsBefore(cluster, "sync-default-01")).toEqual(servers);
  expect(hostsBefore(cluster, "sync-default-03")).toEqual([...servers, "sync-default-01", "sync-default-02"]);
  expect(hostsBefore(cluster, "sync-other-02")).toEqual([...servers, "sync-other-01"]);
  expect(hostsBefore(cluster, "core-services-01")).toEqual([...servers, ...workers]);
  expect(hostsBefore(cluster, "core-services-02")).toEqual([...servers, "core-services-01", ...workers].sort());
});

test("the next goes once the one before does its part: by its own report, and at the load balancer", () => {
  const { ofType } = whole;
  const after = (name: string) => {
    const turn = ofType("command:local:Command").find((resource) => resource.name === `${name}-turn`)!;
    const others = turn.dependencies.filter((urn) => !urn.includes("aws:ebs/volume:Volume"));
    return others.map((urn) => urn.split("::").pop()).filter((name) => name !== "image");
  };
  expect(after("consul-02")).toEqual(["consul-01-boot"]);
  expect(after("core-services-02")).toEqual(["core-services-01-in-service"]);
});

test("a broken host goes first, and no healthy one of its kind before it is back", async () => {
  const cluster = await deploy(dedicated, "dev", reports({ "consul-03": "failed" }));
  expect(hostsBefore(cluster, "consul-03")).toEqual([]);
  expect(hostsBefore(cluster, "consul-01")).toEqual(["consul-03"]);
  expect(hostsBefore(cluster, "consul-02")).toEqual(["consul-01", "consul-03"]);
});

test("of two broken hosts the second waits for the first to be launched, not to be ready: each may need the other", async () => {
  const cluster = await deploy(dedicated, "dev", reports({ "consul-02": "failed", "consul-03": "booting" }));
  expect(hostsBefore(cluster, "consul-02")).toEqual([]);
  expect(hostsBefore(cluster, "consul-03")).toEqual(["consul-02"]);
  const turn = cluster.ofType("command:local:Command").find(({ name }) => name === "consul-03-turn")!;
  expect(turn.dependencies.filter((urn) => urn.includes("-boot"))).toEqual([]);
});

test("a new host is launched at once, and healthy ones wait for it", async () => {
  const known = reports();
  delete known["sync-other-02"];
  const cluster = await deploy(dedicated, "dev", known);
  expect(hostsBefore(cluster, "sync-other-02")).toEqual([]);
  expect(hostsBefore(cluster, "sync-other-01")).toEqual(["consul-01", "consul-02", "consul-03", "sync-other-02"]);
});

test("what makes a turn run is what replaces the instance, and nothing else", async () => {
  const launches = ({ ofType }: Deployment) =>
    Object.fromEntries(
      ofType("command:local:Command")
        .filter(({ name }) => name.endsWith("-turn"))
        .map(({ name, inputs }) => [name, (inputs.environment as Record<string, string>).LAUNCH]),
    );
  const before = launches(whole);
  const nodes = JSON.stringify({ nodes: 2, instanceType: "m6i.xlarge" });
  const changed = launches(await deploy({ ...dedicated, "realm-cluster:coreServices": nodes }, "dev", reports()));
  const different = Object.keys(before).filter((name) => before[name] !== changed[name]);
  expect(different.sort()).toEqual(["core-services-01-turn", "core-services-02-turn"]);
});
