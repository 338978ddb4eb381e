import type { ChangeInfo } from "@aws-sdk/client-route-53";
import type { Aws } from "../context";
import { until } from "../wait";

/** Waits until all of Route 53's servers know of a change. */
export async function settled(aws: Aws, change: ChangeInfo | undefined): Promise<void> {
  if (!change || change.Status === "INSYNC") return;
  const route53 = await aws.route53();
  await until(aws, `Route 53 change (${change.Id}) sync`, 30, async () => {
    const state = (await route53.getChange({ Id: change.Id })).ChangeInfo?.Status ?? "";
    return state === "INSYNC" ? { done: true } : { done: false, state };
  });
}
