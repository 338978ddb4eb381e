/** What the graph says of another number of hosts. */
import { type Deployment, type Fates, type Reports, deploy } from "./deploy";

const INSTANCE = "aws:ec2/instance:Instance";
const INTERFACE = "aws:ec2/networkInterface:NetworkInterface";
const COMMAND = "command:local:Command";

const three = ["consul-01", "consul-02", "consul-03"];
const five = [...three, "consul-04", "consul-05"];
const ready = (hosts: string[]): Reports => Object.fromEntries(hosts.map((host) => [host, "ready"]));
const servers = (number: number, reports: Reports = {}) =>
  deploy(
    { "realm-cluster:placement": "dedicated", "realm-cluster:consul": JSON.stringify({ servers: number }) },
    "dev",
    reports,
  );
const find = ({ ofType }: Deployment, type: string, name: string) =>
  ofType(type).find((resource) => resource.name === name)!;
/** The names of the gates of boots that a resource waits for by itself. */
const boots = (cluster: Deployment, type: string, name: string) =>
  find(cluster, type, name).dependencies.flatMap((urn) => /::(consul-\d+)-boot$/.exec(urn)?.[1] ?? []);

describe("five servers of a new cluster", () => {
  let cluster: Deployment;
  beforeAll(async () => {
    cluster = await servers(5);
  });

  test("are launched in two steps: those who found Consul, and once they have, those who join it", () => {
    for (const founder of three) expect(boots(cluster, INSTANCE, founder)).toEqual([]);
    for (const joining of five.slice(3)) expect(boots(cluster, INSTANCE, joining)).toEqual(three);
  });

  test("leave the founders their planned addresses", () => {
    const planned = cluster.ofType(INTERFACE).filter(({ inputs }) => inputs.privateIps !== undefined);
    expect(planned.map(({ name }) => name)).toEqual(three);
    const taken = planned.map(({ urn }) => urn);
    for (const joining of five.slice(3)) {
      expect(find(cluster, INTERFACE, joining).dependencies).toEqual(expect.arrayContaining(taken));
    }
  });
});

test("a server that joins a cluster that works waits for nobody", async () => {
  const cluster = await servers(5, ready(three));
  for (const joining of five.slice(3)) expect(boots(cluster, INSTANCE, joining)).toEqual([]);
});

test("a server that is to join founders that never came up waits until they have", async () => {
  const cluster = await servers(5, { ...ready(three), "consul-02": "failed", "consul-03": "failed" });
  expect(boots(cluster, INSTANCE, "consul-04")).toEqual(["consul-02", "consul-03"]);
});

test("what goes is settled by an update, once all that stays does its part; nothing is done when a cluster is made or destroyed", async () => {
  const cluster = await servers(3, ready(five));
  const { inputs, dependencies } = find(cluster, COMMAND, "quorums");
  expect(inputs).toMatchObject({
    create: "true",
    update: "exec node --import tsx gates/settleQuorums.ts",
    environment: {
      QUORUMS: JSON.stringify({
        consul: three,
        "core-services": ["core-services-01"],
        "sync:default": ["sync-default-01", "sync-default-02", "sync-default-03"],
      }),
      CLUSTER: "dev",
      PREFIX: "realm-cluster-dev",
      BOOT_REPORTS: "/realm-cluster/dev/boot",
      TIMEOUT_SECONDS: "900",
    },
  });
  expect(inputs).not.toHaveProperty("delete");
  const waited = dependencies.map((urn) => urn.split("::").pop()).filter((name) => name !== "consul-servers");
  const boots = [...three, "sync-default-01", "sync-default-02", "sync-default-03"].map((host) => `${host}-boot`);
  expect(waited.sort()).toEqual([...boots, "core-services-01-in-service"].sort());
});

test("a change of the servers is noted before a server is launched for it, so that the next update knows of one that did not finish", async () => {
  const [before, after] = [await servers(3, ready(three)), await servers(5, ready(three))];
  const changes = [before, after].map((cluster) => find(cluster, "random:index/randomId:RandomId", "consul-servers"));
  expect(changes.map(({ inputs }) => inputs.keepers)).toEqual([
    { servers: three.join(" ") },
    { servers: five.join(" ") },
  ]);
  const [, change] = changes;
  expect(find(after, INSTANCE, "consul-04").dependencies).toContain(change.urn);
  const { inputs, dependencies } = find(after, COMMAND, "quorums");
  expect(inputs.environment).toMatchObject({ SERVERS_NOTED: "0123abcd" });
  expect(dependencies).toContain(change.urn);
});

describe("the data of a worker that is removed", () => {
  const hosts = [...three, "sync-default-01", "sync-default-02", "sync-default-03", "core-services-01"];
  const two = (changes: Record<string, unknown>, fates: Fates) =>
    deploy(
      {
        "realm-cluster:placement": "dedicated",
        "realm-cluster:syncWorkerGroups": JSON.stringify([{ label: "default", workers: 2 }]),
        ...Object.fromEntries(
          Object.entries(changes).map(([key, value]) => [`realm-cluster:${key}`, JSON.stringify(value)]),
        ),
      },
      "dev",
      ready(hosts),
      fates,
    );

  test("is not deleted unless the worker was named, whatever the configuration says now", async () => {
    const fates: Fates = { "sync-default-03": "delete" };
    await expect(two({ retainData: true }, fates)).rejects.toThrow("discardData does not name sync-default-03");
    const { ofType } = await two({ discardData: ["sync-default-03"] }, fates);
    expect(ofType(INSTANCE)).toHaveLength(6);
  });

  test("stays where the last update had it so", async () => {
    const { ofType } = await two({}, { "sync-default-03": "keep" });
    expect(ofType(INSTANCE)).toHaveLength(6);
  });

  test("is what its volume's tag tells: of Consul servers there are no Realms to lose", async () => {
    const warned = jest.spyOn(console, "warn").mockImplementation();
    const { ofType } = await two({ retainData: true, discardData: ["sync-default-02"] }, { "sync-default-03": "keep" });
    expect(warned.mock.calls.flat().join()).toContain("when sync-default-02 is removed its data volume is deleted");
    warned.mockRestore();
    const tags = ofType("aws:ebs/volume:Volume").map(({ name, inputs, options }) => [
      name,
      (inputs.tags as Record<string, string>).Realms,
      options.retainOnDelete,
    ]);
    expect(tags).toEqual([
      ...three.map((name) => [name, undefined, true]),
      ["sync-default-01", "keep", true],
      ["sync-default-02", "delete", false],
    ]);
  });
});
