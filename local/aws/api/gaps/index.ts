import type { Call } from "../call";
import type { Gap } from "../gap";
import { certificateKey } from "./certificateKey";
import { consoleOutput } from "./consoleOutput";
import { instanceState } from "./instanceState";
import { loadBalancerAddress } from "./loadBalancerAddress";
import { monitoring } from "./monitoring";
import { powerCut } from "./powerCut";
import { privateZone } from "./privateZone";
import { reboot } from "./reboot";
import { registration } from "./registration";
import { ruleDescription } from "./ruleDescription";
import { runCommand } from "./runCommand";
import { snapshotCopy, snapshotDeletion, snapshots } from "./snapshots";
import { targetHealth } from "./targetHealth";
import { userDataAttribute } from "./userDataAttribute";

/** Where moto is not AWS, and it matters to a host. */
export const gaps: Gap[] = [
  certificateKey,
  consoleOutput,
  instanceState,
  loadBalancerAddress,
  monitoring,
  powerCut,
  privateZone,
  reboot,
  registration,
  ruleDescription,
  runCommand,
  snapshots,
  snapshotCopy,
  snapshotDeletion,
  targetHealth,
  userDataAttribute,
];

export function gapOf(call: Call): Gap | undefined {
  return gaps.find((gap) => gap.service === call.service && gap.actions.includes(call.action));
}
