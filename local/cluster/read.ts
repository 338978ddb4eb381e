/** Asks everything that the state is made of: the stack's outputs, the boot reports, Consul, the load balancer. */
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { setTimeout as pause } from "node:timers/promises";
import { ask } from "../../gates/health";
import type { LocalAws } from "./localAws";
import { readConsul, type ConsulState } from "./consul";
import type { HostOutput, StackOutputs } from "./outputs";
import { faults, type ClusterState, type HostState } from "./state";

const CONSUL_HTTP_PORT = 8500;

/** The cluster's state, and everything that is wrong with it in words. */
export async function readState(
  aws: LocalAws,
  outputs: StackOutputs,
): Promise<{ state: ClusterState; wrong: string[] }> {
  const [hosts, consul, loadBalancerHealth] = await Promise.all([
    readHosts(aws, outputs.hosts),
    findConsul(aws, outputs.hosts),
    askHealth(aws, outputs),
  ]);
  const { leader, servers, services } = consul?.state ?? { leader: null, servers: [], services: [] };
  const found = {
    studioUrl: outputs.studioUrl,
    loadBalancer: balancerUrl(outputs).origin,
    consulUi: consul ? `${consul.url}/ui/` : null,
    hosts,
    consul: { leader, servers },
    services,
  };
  const wrong = faults(found, loadBalancerHealth);
  return { state: { healthy: wrong.length === 0, ...found }, wrong };
}

/** How long checks may take to turn green after the hosts have reported ready: each is asked every few seconds. */
const SETTLING_MS = 60_000;
const INTERVAL_MS = 500;

/** Reads the state until the cluster is healthy, or has not become so in a minute; then as it is. */
export async function readSettledState(aws: LocalAws, outputs: StackOutputs): ReturnType<typeof readState> {
  for (const deadline = Date.now() + SETTLING_MS; ; await pause(INTERVAL_MS)) {
    const found = await readState(aws, outputs);
    if (found.state.healthy || Date.now() > deadline) return found;
  }
}

async function readHosts(aws: LocalAws, hosts: HostOutput[]): Promise<HostState[]> {
  const ssm = new SSMClient(aws.client);
  return Promise.all(
    hosts.map(async ({ name, address, zone, services, instanceId, bootReport }) => {
      const { Parameter } = await ssm.send(new GetParameterCommand({ Name: bootReport }));
      const report = JSON.parse(Parameter?.Value ?? "{}") as { instanceId?: string; state?: string };
      // A report of the instance that was there before says nothing of this one.
      const ready = report.instanceId === instanceId && report.state === "ready";
      return { name, address, zone, services, ready };
    }),
  );
}

/** The first agent that answers: one host being down hides nothing that the others know. */
async function findConsul(
  aws: LocalAws,
  hosts: HostOutput[],
): Promise<{ url: string; state: ConsulState } | undefined> {
  for (const { instanceId } of hosts) {
    try {
      const url = await aws.forward(instanceId, CONSUL_HTTP_PORT);
      return { url, state: await readConsul(url) };
    } catch (error) {
      // No agent there is the next one's turn; that none answers is told as a cluster without a leader.
      if (!(error instanceof Error)) throw error;
    }
  }
  return undefined;
}

/** The load balancer as this machine reaches it: by its address, as no resolver here knows the cluster's domain. */
function balancerUrl({ studioUrl, loadBalancer }: StackOutputs): URL {
  return new URL(`${new URL(studioUrl).protocol}//${loadBalancer}/health`);
}

/** What the load balancer's plain `/health` answered, in a few words; nothing when it is well. */
async function askHealth(aws: LocalAws, outputs: StackOutputs): Promise<string | undefined> {
  const answer = await ask(balancerUrl(outputs), new URL(outputs.studioUrl).hostname, aws.authority);
  return answer.ok ? undefined : answer.reason;
}
