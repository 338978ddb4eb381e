import { listParam } from "../call";
import type { Gap } from "../gap";
import { ec2Answer, escapeXml } from "../xml";

/** moto knows no detailed monitoring, and a client retries its refusal for minutes. There is nothing here to monitor with. */
export const monitoring: Gap = {
  service: "ec2",
  actions: ["MonitorInstances", "UnmonitorInstances"],
  async answer({ action, params }) {
    const state = action === "MonitorInstances" ? "enabled" : "disabled";
    const items = listParam(params, "InstanceId").map(
      (id) => `<item><instanceId>${escapeXml(id)}</instanceId><monitoring><state>${state}</state></monitoring></item>`,
    );
    return { status: 200, body: ec2Answer(action, `<instancesSet>${items.join("")}</instancesSet>`) };
  },
};
