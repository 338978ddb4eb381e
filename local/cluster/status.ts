/** `npm run status` */
import { openCluster } from "./openCluster";
import { readState } from "./read";
import { renderState } from "./table";

/** The cluster's state as tables, or as the stable JSON object. */
export async function status(json: boolean): Promise<{ text: string; healthy: boolean }> {
  const { aws, outputs } = await openCluster();
  const { state, wrong } = await readState(aws, outputs);
  return { text: json ? JSON.stringify(state, null, 2) : renderState(state, wrong), healthy: state.healthy };
}
