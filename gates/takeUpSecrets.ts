import { required, run } from "./environment";
import { takeUp } from "./takeUp";
import { clusterWorld } from "./world";

/** Has the hosts of a running cluster take up secrets that have changed: `SECRETS`, their names, at the `PACE` of `takeUp`. */
run(async () => {
  const pace = required("PACE");
  if (pace !== "together" && pace !== "oneByOne") throw new Error(`PACE is "${pace}"`);
  await takeUp(required("SECRETS").split(" "), pace, await clusterWorld());
});
