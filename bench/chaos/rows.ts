/** What was measured, as bench/faults.json has it. */

/** What came of one fault. Times are in milliseconds. */
export interface Row {
  fault: string;
  /** The cluster came back by itself and had lost nothing. */
  survived: boolean;
  /** From the fault until the cluster noticed; null where it did not. */
  detectedMs: number | null;
  /** From the fault (or its end, where the service cannot be there before) until all was answered well again; null where it was not. */
  restoredMs: number | null;
  /** Of clients, through the load balancer. */
  requestsFailed: number;
  /** Writes that were acknowledged, to Consul or to a Realm, and were not there afterwards. */
  lost: number;
  /** How often somebody had to do something so that the cluster was whole again. */
  hands: number;
}

/** The rows with this one in the place of the one that it had, in the order of the faults; of faults that there are no more none stays. */
export function withRow(rows: Row[], row: Row, order: string[]): Row[] {
  return [...rows.filter(({ fault }) => fault !== row.fault), row]
    .filter(({ fault }) => order.includes(fault))
    .sort((a, b) => order.indexOf(a.fault) - order.indexOf(b.fault));
}
