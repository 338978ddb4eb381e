import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { EC2Client, paginateDescribeInstances } from "@aws-sdk/client-ec2";
import { SSMClient, paginateGetParametersByPath } from "@aws-sdk/client-ssm";
import { type BootReport, parseBootReport } from "./bootReport";
import type { Quorum } from "../userdata/service";
import { type ConsulAnswer, parseConsulAnswer } from "./consul";
import { required, run } from "./environment";
import { runCommand } from "./runCommand";
import { Turn } from "./turn";

const INTERVAL_MS = 1000;
/** Consul's own answers take milliseconds; the rest is for a host that is busy. */
const ASKING_SECONDS = 30;

const ssm = new SSMClient({ maxAttempts: 10 });
const ec2 = new EC2Client({ maxAttempts: 10 });
const question = `python3 - <<'PYTHON'\n${readFileSync(join(__dirname, "askConsul.py"), "utf8")}\nPYTHON`;

/** Waits until the host can be replaced without breaking a quorum; fails with what stands in its way. */
run(async () => {
  const host = required("HOST");
  const cluster = required("CLUSTER");
  const path = required("BOOT_REPORTS");
  const turn = new Turn(host, required("QUORUMS").split(" ") as Quorum[]);
  const seconds = Number(required("TIMEOUT_SECONDS"));
  let shown = "";
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; await pause(INTERVAL_MS)) {
    const reports = await readReports(path, cluster);
    const decision = turn.decide({ reports, consul: await askConsul(reports, host) }, performance.now());
    if (decision.kind === "go") return;
    if (decision.kind === "stop") throw new Error(refusal(host, decision.reason));
    if (decision.reason !== shown) console.log(`${host.padEnd(16)}  waits for its turn: ${decision.reason}`);
    shown = decision.reason;
  }
  throw new Error(refusal(host, `after ${seconds} seconds still: ${shown}`));
});

function refusal(host: string, reason: string): string {
  return [
    `${host} is not replaced, since that could break what still works: ${reason}.`,
    "Mend what is amiss and run pulumi up again. To have a host replaced all the same: pulumi up --target-replace with its instance's URN.",
  ].join("\n");
}

/** What every host said last. A host whose instance does not run has failed, whatever it said. */
async function readReports(Path: string, cluster: string): Promise<Map<string, BootReport | undefined>> {
  const reports = new Map<string, BootReport | undefined>();
  for await (const { Parameters = [] } of paginateGetParametersByPath({ client: ssm }, { Path })) {
    for (const { Name, Value } of Parameters) reports.set(Name!.slice(Path.length + 1), parseBootReport(Value!));
  }
  const running = await runningInstances(cluster);
  for (const [name, report] of reports) {
    if (report && !running.has(report.instanceId)) reports.set(name, { ...report, state: "failed" });
  }
  return reports;
}

async function runningInstances(cluster: string): Promise<Set<string>> {
  const running = new Set<string>();
  const Filters = [
    { Name: "tag:Cluster", Values: [cluster] },
    { Name: "instance-state-name", Values: ["running"] },
  ];
  for await (const { Reservations = [] } of paginateDescribeInstances({ client: ec2 }, { Filters })) {
    for (const { InstanceId } of Reservations.flatMap(({ Instances = [] }) => Instances)) running.add(InstanceId!);
  }
  return running;
}

/** Consul's answer by the first host that gives one, the host itself last; undefined when those that should do not. */
async function askConsul(
  reports: Map<string, BootReport | undefined>,
  host: string,
): Promise<ConsulAnswer | undefined> {
  const ready = [...reports].filter(([, report]) => report?.state === "ready");
  if (ready.length === 0) return { leader: null };
  const inOrder = [...ready.filter(([name]) => name !== host), ...ready.filter(([name]) => name === host)];
  for (const [name, report] of inOrder) {
    try {
      return parseConsulAnswer(await runCommand(ssm, report!.instanceId, question, ASKING_SECONDS));
    } catch (error) {
      console.log(`${name} could not be asked about Consul: ${(error as Error).message}`);
    }
  }
  return undefined;
}
