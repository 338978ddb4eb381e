/** The cluster's state for a person at a terminal. */
import Table from "cli-table3";
import type { ClusterState } from "./state";

/**
 * Tables of hosts, Consul members and services, and where to go from there.
 *
 * @param wrong What is wrong, as {@link faults} lists it.
 */
export function renderState(state: ClusterState, wrong: string[]): string {
  const hosts = table(["Host", "Address", "Zone", "Services", "Boot"]);
  for (const host of state.hosts) {
    hosts.push([host.name, host.address, host.zone, host.services.join(", "), host.ready ? "ready" : "NOT READY"]);
  }
  const members = table(["Consul server", "Address", "Status", "Role"]);
  for (const server of state.consul.servers) {
    const role = server.name === state.consul.leader ? "leader" : "follower";
    members.push([server.name, server.address, server.alive ? "alive" : "NOT ALIVE", role]);
  }
  const services = table(["Service", "Host", "Tags", "Checks"]);
  for (const service of state.services) {
    for (const instance of service.instances) {
      const checks = instance.passing ? "passing" : "FAILING";
      services.push([service.name, instance.host, instance.tags.join(", "), checks]);
    }
  }
  return [
    hosts.toString(),
    members.toString(),
    services.toString(),
    "",
    `Realm Studio   ${state.studioUrl}`,
    "Admin token    npm run --silent token",
    `Load balancer  ${state.loadBalancer}`,
    `Consul UI      ${state.consulUi ?? "no Consul agent answers"}`,
    "",
    ...(wrong.length === 0
      ? ["The cluster is healthy."]
      : ["The cluster is NOT healthy:", ...wrong.map((w) => `  ${w}`)]),
  ].join("\n");
}

function table(head: string[]): Table.Table {
  return new Table({ head, style: { head: [], border: [] } });
}
