import { paginateDescribeInstances } from "@aws-sdk/client-ec2";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { BootReport } from "./bootReport";
import { ec2Client } from "./ec2";
import { required } from "./environment";
import { lastReports } from "./lastReports";

/** A host of the cluster whose instance runs. */
export interface RunningHost {
  name: string;
  instanceId: string;
  /** How its boot ended, or `silent` when this instance has not reported yet. */
  boot: BootReport["state"] | "silent";
}

/** Whether a host of this name has a Consul server: only there are the tokens with which gates ask Consul, and change it. */
export const isConsulServer = (name: string) => /^consul-\d+$/.test(name);

/** What a cluster is found by. */
export interface ClusterNames {
  /** The cluster's name, which its resources carry as the tag `Cluster`. */
  cluster: string;
  /** What the `Name` tags of its resources begin with, such as `realm-cluster-dev`. */
  prefix: string;
  /** Where its boot reports are among the SSM parameters, such as `/realm-cluster/dev/boot`. */
  bootReports: string;
}

/** The cluster that a gate's environment names. */
export function requiredCluster(): ClusterNames {
  return { cluster: required("CLUSTER"), prefix: required("PREFIX"), bootReports: required("BOOT_REPORTS") };
}

/** The cluster's hosts that run, by their names' order: a host that is stopped reads its secrets when it boots again. */
export async function runningHosts(ssm: SSMClient, names: ClusterNames): Promise<RunningHost[]> {
  const [instances, reports] = await Promise.all([runningInstances(names), lastReports(ssm, names.bootReports)]);
  return [...instances]
    .map(([instanceId, name]) => {
      const report = reports.get(name);
      return { name, instanceId, boot: report?.instanceId === instanceId ? report.state : ("silent" as const) };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** The same as lastReports, but a host whose instance does not run has failed, whatever it said. */
export async function bootReports(ssm: SSMClient, names: ClusterNames): Promise<Map<string, BootReport | undefined>> {
  const [reports, running] = await Promise.all([lastReports(ssm, names.bootReports), runningInstances(names)]);
  // A host whose instance does not run has failed, whatever it said.
  for (const [name, report] of reports) {
    if (report && !running.has(report.instanceId)) reports.set(name, { ...report, state: "failed" });
  }
  return reports;
}

/** The names of the hosts that run, by the ids of their instances. */
async function runningInstances({ cluster, prefix }: ClusterNames): Promise<Map<string, string>> {
  const Filters = [
    { Name: "tag:Cluster", Values: [cluster] },
    { Name: "tag:Name", Values: [`${prefix}-*`] },
    { Name: "instance-state-name", Values: ["running"] },
  ];
  const found = new Map<string, string>();
  for await (const page of paginateDescribeInstances({ client: ec2Client() }, { Filters })) {
    for (const { InstanceId, Tags } of page.Reservations?.flatMap(({ Instances = [] }) => Instances) ?? []) {
      const name = Tags?.find(({ Key }) => Key === "Name")?.Value?.slice(prefix.length + 1);
      if (InstanceId !== undefined && name !== undefined) found.set(InstanceId, name);
    }
  }
  return found;
}
