import type { Fault } from "../fault";
import { diskFaults } from "./disks";
import { hostFaults } from "./hosts";
import { networkFaults } from "./network";
import { processFaults } from "./processes";
import { wholeFaults } from "./whole";

/** The suite, in the order in which it is run and told: what costs least when it is not survived first. */
export const faults: Fault[] = [...processFaults, ...hostFaults, ...networkFaults, ...diskFaults, ...wholeFaults];
