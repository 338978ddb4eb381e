import type { ConsulProbe, Facts, HostFacts, HostProbe, LoadBalancerFacts } from "../../doctor/facts";

/** A healthy cluster as the doctor sees it: three Consul servers, three workers of one group, two core services hosts. */

const AT = 1_800_000_000;
const LEADER = "10.20.0.10:8300";

type Kind = "consul" | "sync" | "core";
const services: Record<Kind, string[]> = {
  consul: ["consul-server"],
  sync: ["consul-agent", "sync-worker"],
  core: ["consul-agent", "core-services", "realm-directory"],
};
const unitOf: Record<string, string> = { "consul-server": "consul.service", "consul-agent": "consul.service" };

function host(kind: Kind, name: string, number: number): HostFacts {
  const unit = (service: string) => unitOf[service] ?? `${service}.service`;
  const secret = (secretName: string, fingerprint: string | null) => {
    return { name: secretName, fingerprint, current: true, staleUnits: [] };
  };
  const probe: HostProbe = {
    ...{ host: name, instanceId: `i-${name}`, bootId: `boot-${name}`, time: AT + 1 },
    ...{ label: kind === "sync" ? "default" : null, stateful: kind !== "core", mounted: kind !== "core" },
    disks: [{ path: "/", bytes: 2e10, used: 0.2, inodesUsed: 0.1 }],
    units: services[kind].map((name) => ({ name: unit(name), active: "active", sub: "running", restarts: [] })),
    checks: services[kind].map((name) => ({ name, unit: unit(name), ready: true, reason: "" })),
    versions: { Consul: "1.20.6", Node: "8.17.0", "realm-object-server": "3.12.0" },
    ...{
      consulLeader: LEADER,
      certificateEnds: AT + 100 * 86400,
      directoryRuns: name === "core-services-01",
      error: null,
    },
    secrets: [secret("gossip-key", "aaaa"), secret("auth-key", "bbbb"), secret("feature-token", null)],
  };
  const report = {
    ...{ host: name, instanceId: `i-${name}`, bootId: `boot-${name}`, state: "ready" as const, step: "ready" },
    ...{ steps: [], at: new Date((AT - 3600) * 1000).toISOString() },
  };
  return {
    ...{ name, address: `10.20.0.${number}`, services: services[kind], instanceId: `i-${name}` },
    bootReport: `/realm-cluster/prod/boot/${name}`,
    probe: { ok: true, value: { probe, asked: AT, answered: AT + 3 } },
    report: { ok: true, value: report },
  };
}

/** A fresh copy each time, to break. */
export function healthy() {
  const numbers = [1, 2, 3];
  const hosts = [
    ...numbers.map((n) => host("consul", `consul-0${n}`, 9 + n)),
    ...numbers.map((n) => host("sync", `sync-default-0${n}`, 19 + n)),
    ...[1, 2].map((n) => host("core", `core-services-0${n}`, 29 + n)),
  ];
  const consul: ConsulProbe = {
    leader: LEADER,
    members: hosts.map(({ name, address, services }) => {
      return { name, address, status: "alive", server: services.includes("consul-server"), version: "1.20.6" };
    }),
    peers: numbers.map((n) => {
      return { name: `consul-0${n}`, address: `10.20.0.${9 + n}:8300`, voter: true, healthy: true };
    }),
    services: [
      ...numbers.map((n) => {
        const tags = ["label=default", `role=${["master", "slave", "spare"][n - 1]}`];
        return { service: "sync", host: `sync-default-0${n}`, tags, failing: [] };
      }),
      { service: "realms", host: "core-services-01", tags: [], failing: [] },
      ...[1, 2].map((n) => ({ service: "auth", host: `core-services-0${n}`, tags: [], failing: [] })),
    ],
  };
  const loadBalancer: LoadBalancerFacts = {
    url: "https://realm.example.com",
    targets: {
      ok: true,
      value: [1, 2].map((n) => ({ instanceId: `i-core-services-0${n}`, state: "healthy", reason: "" })),
    },
    certificate: { ok: true, value: { validTo: new Date((AT + 60 * 86_400) * 1000) } },
  };
  const facts: Facts = {
    ...{ stack: "prod", at: new Date(AT * 1000), hosts, loadBalancer },
    consul: { ok: true, value: consul },
  };
  const hostOf = (name: string) => hosts.find((candidate) => candidate.name === name)!;
  const probeOf = (name: string) => {
    const { probe } = hostOf(name);
    if (!probe.ok) throw new Error(`${name} does not answer`);
    return probe.value;
  };
  return { facts, consul, loadBalancer, hostOf, probeOf, probe: (name: string) => probeOf(name).probe };
}
export type Cluster = ReturnType<typeof healthy>;
