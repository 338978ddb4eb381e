import { EC2Client, paginateDescribeInstances } from "@aws-sdk/client-ec2";
import { type SSMClient, paginateGetParametersByPath } from "@aws-sdk/client-ssm";
import { type BootReport, parseBootReport } from "./bootReport";

/** A host of the cluster whose instance runs. */
export interface RunningHost {
  name: string;
  instanceId: string;
  /** How its boot ended, or `silent` when this instance has not reported yet. */
  boot: BootReport["state"] | "silent";
}

/** What a cluster is found by. */
export interface ClusterNames {
  /** The cluster's name, which its resources carry as the tag `Cluster`. */
  cluster: string;
  /** What the names of its resources begin with, such as `realm-cluster-dev`. */
  prefix: string;
  /** Where its boot reports are among the SSM parameters, such as `/realm-cluster/dev/boot`. */
  bootReports: string;
}

/** The cluster's hosts that run, by their names' order: a host that is stopped reads its secrets when it boots again. */
export async function runningHosts(ssm: SSMClient, names: ClusterNames): Promise<RunningHost[]> {
  const [instances, reports] = await Promise.all([runningInstances(names), bootReports(ssm, names)]);
  return instances
    .map(({ name, instanceId }) => {
      const report = reports.get(name);
      return { name, instanceId, boot: report?.instanceId === instanceId ? report.state : ("silent" as const) };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}

async function runningInstances({ cluster, prefix }: ClusterNames) {
  const Filters = [
    { Name: "tag:Cluster", Values: [cluster] },
    { Name: "tag:Name", Values: [`${prefix}-*`] },
    { Name: "instance-state-name", Values: ["running"] },
  ];
  const found: { name: string; instanceId: string }[] = [];
  for await (const page of paginateDescribeInstances({ client: new EC2Client({ maxAttempts: 10 }) }, { Filters })) {
    for (const { InstanceId, Tags } of page.Reservations?.flatMap(({ Instances = [] }) => Instances) ?? []) {
      const name = Tags?.find(({ Key }) => Key === "Name")?.Value?.slice(prefix.length + 1);
      if (InstanceId !== undefined && name !== undefined) found.push({ name, instanceId: InstanceId });
    }
  }
  return found;
}

async function bootReports(client: SSMClient, { bootReports: Path }: ClusterNames): Promise<Map<string, BootReport>> {
  const found = new Map<string, BootReport>();
  for await (const page of paginateGetParametersByPath({ client }, { Path })) {
    for (const { Value = "{}" } of page.Parameters ?? []) {
      const report = parseBootReport(Value);
      if (report) found.set(report.host, report);
    }
  }
  return found;
}
