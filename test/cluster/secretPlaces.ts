/** Where the secrets of a cluster might be: everything that it leaves on this machine, on its hosts and in AWS. */
import { EC2, paginateDescribeInstances } from "@aws-sdk/client-ec2";
import {
  SSM,
  paginateDescribeParameters,
  paginateListCommandInvocations,
  paginateListCommands,
} from "@aws-sdk/client-ssm";
import { gunzipSync } from "node:zlib";
import { statePaths } from "../../local/aws/options";
import { awsDir, projectDir, stateDir } from "../../local/cluster/paths";
import type { Plan } from "../../plan";
import type { Deployment } from "./deployment";
import type { Collection, Places } from "./secretSearch";

/** What AWS tells whoever may ask: user data, consoles, commands and what they printed, boot reports. */
export async function collectFromAws({ local }: Deployment, { hosts }: Plan, into: Collection): Promise<void> {
  const [ec2, ssm] = [new EC2(local.client), new SSM(local.client)];
  const ids: string[] = [];
  for await (const { Reservations = [] } of paginateDescribeInstances({ client: ec2 }, {})) {
    for (const { InstanceId, State } of Reservations.flatMap(({ Instances = [] }) => Instances)) {
      if (State?.Name !== "terminated") ids.push(InstanceId!);
    }
  }
  for (const InstanceId of ids) {
    const { UserData } = await ec2.describeInstanceAttribute({ InstanceId, Attribute: "userData" });
    into.add("user data", `${InstanceId} as it is kept`, UserData?.Value ?? "");
    into.add("user data", InstanceId, unpacked(Buffer.from(UserData?.Value ?? "", "base64")));
    const { Output } = await ec2.getConsoleOutput({ InstanceId });
    into.add("console output", InstanceId, Buffer.from(Output ?? "", "base64"));
  }
  const collect = async (name: string, pages: AsyncIterable<unknown>) => {
    let page = 0;
    for await (const answer of pages) into.add("history of commands", `${name} ${page++}`, JSON.stringify(answer));
  };
  await collect("commands", paginateListCommands({ client: ssm }, {}));
  await collect("invocations", paginateListCommandInvocations({ client: ssm }, { Details: true }));
  for await (const page of paginateDescribeParameters({ client: ssm }, {})) {
    into.add("parameters as they are listed", String(page.Parameters?.[0]?.Name), JSON.stringify(page));
  }
  for (const { name, bootReport } of hosts) {
    const { Parameter } = await ssm.getParameter({ Name: bootReport });
    into.add("boot reports", name, Parameter!.Value!);
  }
}

const unpacked = (data: Buffer) => (data[0] === 0x1f && data[1] === 0x8b ? gunzipSync(data) : data);

/** What the hosts' journals have, which keep it packed. */
export async function collectJournals(cluster: Deployment, into: Collection): Promise<void> {
  await Promise.all(
    cluster.outputs.hosts.map(async ({ name }) =>
      into.add("journals", name, await cluster.exec(name, "journalctl --output=export --all --no-pager --quiet")),
    ),
  );
}

/** The directories of this machine that belong to the cluster, and those of its hosts. */
export async function placesOnDisk({ local, outputs }: Deployment): Promise<Places[]> {
  const paths = statePaths(awsDir);
  const { instances } = await local.state();
  const hosts = outputs.hosts.map(({ name, instanceId }) => {
    const { pid } = instances.find(({ id }) => id === instanceId)!;
    return { name, disk: `${paths.instances}/${instanceId}/upper`, root: `/proc/${pid}/root` };
  });
  return [
    { kind: "Pulumi's state", directories: [`${stateDir}/.pulumi`] },
    { kind: "the stack's configuration", directories: [projectDir] },
    // The disks of its hosts are looked into below, and volumes where they are mounted.
    {
      kind: "the local AWS's files and logs",
      directories: [awsDir],
      without: ["upper", "work", "volumes", "snapshots"],
    },
    ...hosts.flatMap(({ name, disk, root }) => [
      { kind: `the disk of ${name}`, directories: [disk] },
      {
        kind: `the memory file systems and the data volume of ${name}`,
        directories: ["run", "tmp", "dev/shm", "var/lib/realm-cluster"].map((directory) => `${root}/${directory}`),
      },
    ]),
  ];
}
