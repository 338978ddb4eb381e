import { npm } from "./localCluster";

/** Ends the cluster that the test files shared; without root there was none. */
export default async function stopLocalCluster(): Promise<void> {
  if (process.getuid?.() === 0) await npm("stop");
}
