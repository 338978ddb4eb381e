import { SSMClient } from "@aws-sdk/client-ssm";
import { required } from "./environment";
import { shellScript } from "./hostScript";
import { requiredCluster, runningHosts } from "./hosts";
import { runCommand } from "./runCommand";
import type { World } from "./takeUp";

/** The running hosts of the cluster that a gate's environment names, and commands on them. */
export async function clusterWorld(): Promise<World> {
  const ssm = new SSMClient({ maxAttempts: 10 });
  const seconds = Number(required("TIMEOUT_SECONDS"));
  return {
    hosts: await runningHosts(ssm, requiredCluster()),
    run: (host, script) => runCommand(ssm, host.instanceId, shellScript(script), seconds),
    say: console.log,
  };
}
