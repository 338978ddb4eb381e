import { listParam } from "../call";
import type { Gap } from "../gap";

/** An instance that is to end without its system's shutdown loses its power at once. moto does not know the parameter. */
export const powerCut: Gap = {
  service: "ec2",
  actions: ["StopInstances", "TerminateInstances"],
  async act({ params }, machine) {
    if (params.get("SkipOsShutdown") !== "true") return;
    const hosts = listParam(params, "InstanceId").map((id) => machine.host(id));
    await Promise.all(hosts.map((host) => host?.kill()));
  },
};
