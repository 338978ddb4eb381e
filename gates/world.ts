import { SSMClient } from "@aws-sdk/client-ssm";
import { required } from "./environment";
import { runningHosts } from "./hosts";
import { runScript } from "./runScript";
import type { World } from "./takeUp";

/** The running hosts of the cluster that a gate's environment names, and commands on them. */
export async function clusterWorld(): Promise<World> {
  const ssm = new SSMClient({ maxAttempts: 10 });
  const names = { cluster: required("CLUSTER"), prefix: required("PREFIX"), bootReports: required("BOOT_REPORTS") };
  const seconds = Number(required("TIMEOUT_SECONDS"));
  return {
    hosts: await runningHosts(ssm, names),
    run: (host, script) => runScript(ssm, host, script, seconds),
    say: console.log,
  };
}
