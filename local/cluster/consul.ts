/** What Consul says of the cluster, in the shape that `npm run status -- --json` prints. */

/** A Consul server as its peers see it. */
export interface ConsulServer {
  name: string;
  address: string;
  /** Serf says alive: not left, not failed. */
  alive: boolean;
}

/** One registration of a service. */
export interface ServiceInstance {
  /** The Consul node, which is the host's name. */
  host: string;
  tags: string[];
  /** Every check of the node and of the service passes. */
  passing: boolean;
}

export interface ServiceState {
  name: string;
  instances: ServiceInstance[];
}

export interface ConsulState {
  /** Name of the server that leads, or null while there is none. */
  leader: string | null;
  servers: ConsulServer[];
  services: ServiceState[];
}

interface Member {
  Name: string;
  Addr: string;
  /** Serf's member state: 1 is alive. */
  Status: number;
  Tags: { role: string; port?: string };
}

interface HealthEntry {
  Node: { Node: string };
  Service: { Tags: string[] | null };
  Checks: { Status: string }[];
}

const SERF_ALIVE = 1;

/**
 * Asks one agent for the members, the leader and every service.
 *
 * @param url The agent's HTTP API, without a trailing slash.
 * @throws When the agent does not answer, or answers with an error.
 */
export async function readConsul(url: string): Promise<ConsulState> {
  const [members, leaderAddress, catalog] = await Promise.all([
    get<Member[]>(url, "/v1/agent/members"),
    get<string>(url, "/v1/status/leader"),
    get<Record<string, string[]>>(url, "/v1/catalog/services"),
  ]);
  const servers = members.filter((member) => member.Tags.role === "consul");
  const leader = servers.find((server) => `${server.Addr}:${server.Tags.port}` === leaderAddress);
  const services = await Promise.all(
    Object.keys(catalog)
      .sort()
      .map(async (name) => ({ name, instances: await readInstances(url, name) })),
  );
  return {
    leader: leader?.Name ?? null,
    servers: servers
      .map((server) => ({ name: server.Name, address: server.Addr, alive: server.Status === SERF_ALIVE }))
      .sort((a, b) => a.name.localeCompare(b.name)),
    services,
  };
}

async function readInstances(url: string, service: string): Promise<ServiceInstance[]> {
  const entries = await get<HealthEntry[]>(url, `/v1/health/service/${encodeURIComponent(service)}`);
  return entries
    .map((entry) => ({
      host: entry.Node.Node,
      tags: entry.Service.Tags ?? [],
      passing: entry.Checks.every((check) => check.Status === "passing"),
    }))
    .sort((a, b) => a.host.localeCompare(b.host));
}

async function get<T>(url: string, path: string): Promise<T> {
  const response = await fetch(url + path, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) {
    throw new Error(`Consul at ${url} answered ${response.status} to GET ${path}: ${(await response.text()).trim()}`);
  }
  return (await response.json()) as T;
}
