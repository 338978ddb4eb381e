import { listParam } from "../call";
import type { Gap } from "../gap";

/** moto only notes a reboot. */
export const reboot: Gap = {
  service: "ec2",
  actions: ["RebootInstances"],
  async act({ params }, machine) {
    const hosts = listParam(params, "InstanceId").map((id) => machine.host(id));
    // As on EC2, the call returns while the host still goes down.
    await Promise.all(hosts.map((host) => host?.exec(["systemctl", "--no-block", "reboot"])));
  },
};
