import type { HostOutput } from "../../local/cluster/outputs";
import type { Ground } from "./ground";
import type { Roles } from "./roles";

/** One row of the suite. */
export interface Fault {
  /** By which `npm run chaos` and bench/faults.json know it. */
  name: string;
  /** What is done to the cluster, and how that ends where it does not end by itself. */
  what: string;
  /** What counts as noticed by the cluster. */
  noticed: string;
  /** The hosts that are broken: nobody looks on from there. */
  victims(roles: Roles, hosts: HostOutput[]): string[];
  /** Resolves as soon as it is done. */
  inject(ground: Ground): Promise<void>;
  /** Whether it is noticed, asked over and over; a question that fails is none. */
  detected(ground: Ground): Promise<boolean>;
  /** What goes on after that, and how it ends. */
  end?(ground: Ground): Promise<void>;
  /** From when the service is to be restored: only where it cannot be there before, from the end. @default "fault" */
  restoredFrom?: "fault" | "end";
}
