import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { parseConfig } from "../../config";
import { planCluster } from "../../plan";
import { facts } from "./plan.examples";

const { config: committed } = parse(readFileSync(join(__dirname, "../../Pulumi.prod.yaml"), "utf8")) as {
  config: Record<string, unknown>;
};
const keys = Object.entries(committed)
  .filter(([key]) => key.startsWith("realm-cluster:"))
  .map(([key, value]) => [key.replace("realm-cluster:", ""), value] as const);
const production = { ...Object.fromEntries(keys), featureToken: "token", npmToken: "token" };

const planned = (changes: Record<string, unknown>) =>
  planCluster(parseConfig({ ...production, ...changes }), { ...facts, zoneName: "example.com" }, "prod");
// Compressing the user data of eleven hosts takes a while.
const unchanged = planned({});
const plan = (changes?: Record<string, unknown>) => (changes ? planned(changes) : unchanged);

test("the production stack's configuration has no fault, and its secrets alone are not in its file", () => {
  expect(() => parseConfig(production)).not.toThrow();
  expect(JSON.stringify(committed)).not.toMatch(/token|key"/i);
});

test("every tier has hosts of its own, spread over the zones, with the types and volumes that are written", () => {
  const { hosts } = plan();
  const table = hosts.map(({ name, tier, zone, instanceType, volumeGiB = "-" }) =>
    [name, tier, zone.slice(-1), instanceType, volumeGiB].join(" "),
  );
  expect(table).toEqual([
    "consul-01 consul a m6i.large 50",
    "consul-02 consul b m6i.large 50",
    "consul-03 consul c m6i.large 50",
    "sync-default-01 sync a r6i.xlarge 500",
    "sync-default-02 sync b r6i.xlarge 500",
    "sync-default-03 sync c r6i.xlarge 500",
    "sync-archive-01 sync a m6i.large 1000",
    "sync-archive-02 sync b m6i.large 1000",
    "sync-archive-03 sync c m6i.large 1000",
    "core-services-01 core-services a m6i.large -",
    "core-services-02 core-services b m6i.large -",
  ]);
  const services = Object.fromEntries(
    hosts.map((host) => [host.tier, host.services.map(({ name }) => name).join(" ")]),
  );
  expect(services).toEqual({
    consul: "consul-server watch",
    sync: "consul-agent sync-worker watch",
    "core-services": "consul-agent core-services realm-directory watch",
  });
});

test("all agents join by the servers' addresses, and the servers expect as many as there are", () => {
  for (const { services } of plan().hosts) {
    const file = services.flatMap(({ files }) => files).find(({ path }) => path === "/etc/consul.d/consul.json");
    const { retry_join, server, bootstrap_expect } = JSON.parse(String(file?.content)) as Record<string, unknown>;
    expect(retry_join).toEqual(["10.20.0.10", "10.20.16.11", "10.20.32.12"]);
    expect(bootstrap_expect).toBe(server === true ? 3 : undefined);
  }
});

test("the load balancer serves HTTPS and redirects, by a name of the zone, and is protected", () => {
  const { loadBalancer, dns, network } = plan();
  expect(loadBalancer).toMatchObject({ listenerPorts: [443, 80], subnets: "public", deletionProtection: true });
  expect(dns.alias).toEqual({ zoneId: "Z0123456789ABCDEFGHIJ", name: "realm.example.com" });
  expect(network).toMatchObject({ kind: "own", nat: "perZone" });
});

test("the private zone has each host, and all Consul servers under one name", () => {
  const { dns, hosts } = plan();
  expect(dns.privateZone?.name).toBe("realm.internal");
  const [all, ...each] = dns.privateZone?.records ?? [];
  expect(all).toEqual({ name: "consul", hosts: ["consul-01", "consul-02", "consul-03"] });
  expect(each).toEqual(hosts.map(({ name }) => ({ name, hosts: [name] })));
});

test("a zone that the domain is not in is refused", () => {
  const wrong = () => planCluster(parseConfig(production), { ...facts, zoneName: "ample.com" }, "prod");
  expect(wrong).toThrow(
    "dns.zoneId is the zone ample.com, which realm.example.com is not in: write the id of the zone",
  );
});

const fileOf = (changes: Record<string, unknown> | undefined, host: string, path: string) =>
  plan(changes)
    .hosts.find(({ name }) => name === host)
    ?.services.flatMap(({ files }) => files)
    .find((file) => file.path === path)?.content;

test("core services and the directory of each node are registered by that node's own advertised name", () => {
  const coreServices = { nodes: 2, advertiseAddress: "{host}.realm.example.com" };
  for (const service of ["core-services", "realm-directory"]) {
    const path = `/etc/realm-cluster/${service}.env`;
    expect(fileOf({ coreServices }, "core-services-02", path)).toBe(
      'ROS_ADDRESS="core-services-02.realm.example.com"\n',
    );
    expect(fileOf(undefined, "core-services-02", path)).toBe("");
  }
});

test("GraphQL is installed and served by core nodes alone, where it is asked for", () => {
  const coreServices = { nodes: 2, graphql: true };
  expect(fileOf({ coreServices }, "core-services-01", "/etc/realm-cluster/core-services.env")).toBe('GRAPHQL="true"\n');
  const installs = (changes?: Record<string, unknown>) =>
    plan(changes)
      .hosts.filter(({ userData }) => userData.text.includes('"realm-graphql-service": "3.4.0"'))
      .map(({ name }) => name);
  expect(installs({ coreServices })).toEqual(["core-services-01", "core-services-02"]);
  expect(installs()).toEqual([]);
});

test("five Consul servers in three zones leave no zone with a majority", () => {
  const { consul } = plan({ consul: { servers: 5, instanceType: "m6i.large" } });
  expect(consul.map(({ zone }) => zone.slice(-1)).join("")).toBe("abcab");
});
