import type { Gap } from "../gap";

/** In moto a target that is deregistered is gone; on AWS it drains first. */
export const registration: Gap = {
  service: "elasticloadbalancing",
  actions: ["DeregisterTargets", "RegisterTargets"],
  async act({ action, params }, { draining }) {
    const group = params.get("TargetGroupArn") ?? "";
    const ids = [...params].filter(([name]) => /^Targets\.member\.\d+\.Id$/.test(name)).map(([, id]) => id);
    if (action === "DeregisterTargets") draining.begin(group, ids);
    else draining.cancel(group, ids);
  },
};
