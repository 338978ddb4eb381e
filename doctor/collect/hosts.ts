import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { parseBootReport } from "../../gates/bootReport";
import { type Asked, type ConsulProbe, type HostAddress, type HostFacts, consulProbe, hostProbe } from "../facts";
import { attempt } from "./asked";
import { runProbe } from "./probe";

/** Asks a host, and reads its boot report. */
export async function collectHost(ssm: SSMClient, host: HostAddress): Promise<HostFacts> {
  const [probe, report] = await Promise.all([
    attempt(() => runProbe(ssm, host.instanceId, "host.py", hostProbe)),
    attempt(async () => {
      const { Parameter } = await ssm.send(new GetParameterCommand({ Name: host.bootReport }));
      return parseBootReport(Parameter?.Value ?? "{}");
    }),
  ]);
  return { ...host, probe, report };
}

/** Asks one Consul server after another until one answers: a host that is down hides nothing that others know. */
export async function collectConsul(ssm: SSMClient, hosts: HostAddress[]): Promise<Asked<ConsulProbe>> {
  const servers = hosts.filter(({ services }) => services.includes("consul-server"));
  let last: Asked<ConsulProbe> = { ok: false, reason: "the stack has no Consul servers" };
  for (const { instanceId } of servers) {
    last = await attempt(async () => (await runProbe(ssm, instanceId, "consul.py", consulProbe)).probe);
    if (last.ok) break;
  }
  return last;
}
