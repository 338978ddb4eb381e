import { required } from "./environment";
import { type HostScript, shellScript } from "./hostScript";
import { type RunningHost, requiredCluster, runningHosts } from "./hosts";
import { runCommand } from "./runCommand";
import { ssmClient } from "./ssm";

/** What a gate that does something on hosts needs of the world. */
export interface World {
  hosts: RunningHost[];
  /** Runs it on a host, and gives what it printed. Rejects with the reason when it cannot be run, or does not end well. */
  run: (host: RunningHost, script: HostScript) => Promise<string>;
  say: (line: string) => void;
}

/** The running hosts of the cluster that a gate's environment names, and commands on them. */
export async function clusterWorld(): Promise<World> {
  const ssm = ssmClient();
  const seconds = Number(required("TIMEOUT_SECONDS"));
  return {
    hosts: await runningHosts(ssm, requiredCluster()),
    run: (host, script) => runCommand(ssm, host.instanceId, shellScript(script), seconds),
    say: console.log,
  };
}
