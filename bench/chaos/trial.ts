/** One fault, from a steady cluster to one that is whole again, and what it cost. */
import { setTimeout as pause } from "node:timers/promises";
import type { Report } from "../../local/cluster/report";
import type { Deployment } from "../../test/cluster/deployment";
import { Consul } from "./consul";
import type { Fault } from "./fault";
import { reasons, requestsFailed, restoredMs, slowest } from "./figures";
import { Ground } from "./ground";
import { untilWhole } from "./health";
import { rolesOf } from "./roles";
import type { Row } from "./rows";
import { Watch, type Writers } from "./watch";

/** Until a cluster that has just been made answers everything well. */
const STEADY_WITHIN_SECONDS = 60;
/** Within so long of the fault's end the cluster has to be whole, and answer everything well. */
const WHOLE_WITHIN_SECONDS = 240;
const LOOK_MS = 100;
const READ_BACK_SECONDS = 30;

/**
 * Breaks a cluster that is whole, and waits until it is so again by itself.
 *
 * @returns with `hands` 1 where it is not: somebody has to look at it
 */
export async function trial(fault: Fault, cluster: Deployment, writers: Writers, report: Report): Promise<Row> {
  const ground = await prepare(fault, cluster);
  const watch = new Watch(writers);
  try {
    await watch.start(cluster, ground.consul, ground.bystander);
    if (!(await watch.untilSteady(STEADY_WITHIN_SECONDS))) {
      throw new Error(`the cluster is not steady: ${reasons(watch.answers, 0).join("; ")}`);
    }
    report(`${fault.name}: ${fault.what}: ${fault.victims(ground.roles, cluster.outputs.hosts).join(", ")}`);
    const { began, ended, detectedAt, wrong } = await run(fault, ground, watch);
    await watch.stop();
    const lost = await lostWrites(cluster, writers, ground.bystander, report);
    for (const line of [...wrong, ...reasons(watch.answers, began), slowest(watch.answers, began)]) report(`  ${line}`);
    return {
      fault: fault.name,
      survived: wrong.length === 0 && lost === 0,
      detectedMs: detectedAt === undefined ? null : detectedAt - began,
      restoredMs: restoredMs(watch.answers, fault.restoredFrom === "end" ? ended : began),
      requestsFailed: requestsFailed(watch.answers, began),
      lost,
      hands: wrong.length === 0 ? 0 : 1,
    };
  } finally {
    await watch.stop();
    await ground.end();
  }
}

async function prepare(fault: Fault, cluster: Deployment): Promise<Ground> {
  const consul = await Consul.of(cluster);
  const roles = await rolesOf(consul, cluster);
  const { hosts } = cluster.outputs;
  const victims = fault.victims(roles, hosts);
  // Where everybody is a victim, whoever comes back first is as good as another.
  const bystander = hosts.find(({ name }) => !victims.includes(name)) ?? hosts[0];
  const { instances } = await cluster.local.state();
  return new Ground(cluster, consul, roles, bystander.name, instances[0].vpcId);
}

/** What happened, in milliseconds since the epoch, and what is wrong still. */
interface Course {
  began: number;
  ended: number;
  detectedAt?: number;
  wrong: string[];
}

async function run(fault: Fault, ground: Ground, watch: Watch): Promise<Course> {
  const began = Date.now();
  await fault.inject(ground);
  const looking = new AbortController();
  const detection = look(fault, ground, looking.signal);
  // Why it could not be ended is the first of what is wrong.
  const failed = await Promise.resolve(fault.end?.(ground)).then(
    () => [],
    (error: Error) => [error.message],
  );
  const ended = Date.now();
  const wrong = [...failed, ...(await untilWholeAndSteady(ground.cluster, watch))];
  looking.abort();
  return { began, ended, detectedAt: await detection, wrong };
}

/** When it was noticed. */
async function look(fault: Fault, ground: Ground, signal: AbortSignal): Promise<number | undefined> {
  for (; !signal.aborted; await pause(LOOK_MS)) {
    if (await fault.detected(ground).catch(() => false)) return Date.now();
  }
  return undefined;
}

/** What is seen when the cluster says that it is whole may show that it is not. @returns what is wrong still */
async function untilWholeAndSteady(cluster: Deployment, watch: Watch): Promise<string[]> {
  const deadline = Date.now() + WHOLE_WITHIN_SECONDS * 1000;
  const left = () => (deadline - Date.now()) / 1000;
  const wrong = await untilWhole(cluster, left());
  if (wrong.length > 0) return wrong;
  if (!(await watch.untilSteady(Math.max(left(), 10)))) return ["clients are not answered well"];
  return untilWhole(cluster, Math.max(left(), 10));
}

/** Reads back all that was acknowledged. What cannot be read is lost as far as anybody knows. */
async function lostWrites(cluster: Deployment, writers: Writers, bystander: string, report: Report): Promise<number> {
  const late = () =>
    pause(READ_BACK_SECONDS * 1000, undefined, { ref: false }).then(() => {
      throw new Error(`not within ${READ_BACK_SECONDS} s`);
    });
  const readBack = async (what: string, reading: Promise<number>, owed: number) => {
    const lost = await Promise.race([reading, late()]).catch((error: Error) => {
      report(`  what was written to ${what} could not be read: ${error.message}`);
      return owed;
    });
    if (lost > 0) report(`  LOST: ${lost} writes to ${what}`);
    return lost;
  };
  const consul = await Consul.of(cluster);
  return (
    (await readBack("a Realm", writers.realm.lost(), writers.realm.owed)) +
    (await readBack("Consul", writers.consul.lost(consul, bystander), writers.consul.owed))
  );
}
