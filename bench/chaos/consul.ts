/** Consul as its agents answer on this machine: by a forwarded port of each host, so that nothing has to run on a host that is broken. */
import type { Deployment } from "../../test/cluster/deployment";

const HTTP_PORT = 8500;
const PATIENCE_MS = 2000;

export class Consul {
  private constructor(
    private readonly urls: ReadonlyMap<string, string>,
    private readonly token: string,
  ) {}

  static async of(cluster: Deployment): Promise<Consul> {
    const urls = new Map<string, string>();
    for (const { name, instanceId } of cluster.outputs.hosts) {
      urls.set(name, await cluster.local.forward(instanceId, HTTP_PORT));
    }
    return new Consul(urls, await cluster.secret("consul-management"));
  }

  /** What the agent of a host answers to `METHOD /v1/PATH`. @throws when it does not, in two seconds, with 200 */
  async ask<T>(host: string, path: string, method = "GET", body?: string): Promise<T> {
    // On a connection of its own: one that was kept may lead to an agent that is gone.
    const headers = { "X-Consul-Token": this.token, connection: "close" };
    const init = { method, body, headers, signal: AbortSignal.timeout(PATIENCE_MS) };
    const response = await fetch(`${this.urls.get(host)}/v1/${path}`, init);
    if (!response.ok) throw new Error(`${response.status}: ${(await response.text()).trim()}`);
    return (await response.json()) as T;
  }

  /** Which worker of the group `default` has a role, as the agent of a host knows it while it need not know a leader. */
  async workers(host: string): Promise<(role: "master" | "slave" | "spare") => string | undefined> {
    const entries = await this.ask<{ Node: { Node: string }; Service: { Tags: string[] } }[]>(
      host,
      "health/service/sync?passing&stale",
    );
    return (role) => entries.find(({ Service }) => Service.Tags.includes(`role=${role}`))?.Node.Node;
  }
}
