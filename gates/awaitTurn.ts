import { setTimeout as pause } from "node:timers/promises";
import type { BootReport } from "./bootReport";
import type { Quorum } from "../userdata/service";
import { type ConsulAnswer, parseConsulAnswer } from "./consul";
import { required, run } from "./environment";
import { firstAnswer } from "./firstAnswer";
import { shellScript } from "./hostScript";
import { bootReports, isConsulServer, requiredCluster } from "./hosts";
import { runCommand } from "./runCommand";
import { ssmClient } from "./ssm";
import { Turn } from "./turn";

const INTERVAL_MS = 1000;
/** Consul's own answers take milliseconds; the rest is for a host that is busy. */
const ASKING_SECONDS = 30;

const ssm = ssmClient();
const question = shellScript({ program: "ask-consul", args: [] });

/** Waits until the host can be replaced without breaking a quorum; fails with what stands in its way. */
run(async () => {
  const host = required("HOST");
  const cluster = requiredCluster();
  const turn = new Turn(host, required("QUORUMS").split(" ") as Quorum[]);
  const seconds = Number(required("TIMEOUT_SECONDS"));
  let shown = "";
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; await pause(INTERVAL_MS)) {
    const reports = await bootReports(ssm, cluster);
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

/**
 * Consul's answer by the first server that gives one, the host itself last. Undefined when those that should do not; no leader when no server
 * is ready, nor answers all the same.
 */
async function askConsul(
  reports: Map<string, BootReport | undefined>,
  host: string,
): Promise<ConsulAnswer | undefined> {
  const known = [...reports].flatMap(([name, report]) => (report ? { ...report, name } : []));
  if (!known.some(isReady)) return { leader: null };
  const last = (server: BootReport & { name: string }) => Number(server.name === host) + 2 * Number(!isReady(server));
  const servers = known.filter(({ name }) => isConsulServer(name)).sort((a, b) => last(a) - last(b));
  const answer = await firstAnswer(
    servers,
    async ({ instanceId }) => parseConsulAnswer(await runCommand(ssm, instanceId, question, ASKING_SECONDS)),
    (name, reason) => console.log(`${name} could not be asked about Consul: ${reason}`),
  );
  return answer ?? (servers.some(isReady) ? undefined : { leader: null });
}

const isReady = ({ state }: BootReport) => state === "ready";
