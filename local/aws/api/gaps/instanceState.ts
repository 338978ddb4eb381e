import type { Element } from "@xmldom/xmldom";
import type { Gap, Machine } from "../gap";
import { child, childText, elements, setChildText } from "../xml";

const TRANSITIONS: Record<string, { code: string; name: string }> = {
  running: { code: "0", name: "pending" },
  stopped: { code: "64", name: "stopping" },
  terminated: { code: "32", name: "shutting-down" },
};

/** In moto an instance is at once what it was told to be; here it is on its way until its host is. */
export const instanceState: Gap = {
  service: "ec2",
  actions: ["DescribeInstances", "RunInstances", "DescribeInstanceStatus"],
  amend(document, machine) {
    for (const state of elements(document, "instanceState")) {
      const instanceId = childText(state.parentNode as Element, "instanceId");
      const wanted = childText(state, "name");
      const transition = TRANSITIONS[wanted];
      if (!transition || hasArrived(wanted, instanceId, machine)) continue;
      setChildText(state, "code", transition.code);
      setChildText(state, "name", transition.name);
    }
    for (const placement of elements(document, "placement")) correctZone(placement, machine);
  },
};

function hasArrived(wanted: string, instanceId: string, machine: Machine): boolean {
  if (wanted === "running") return machine.isOn(instanceId);
  if (wanted === "stopped") return !machine.host(instanceId)?.running;
  const keepsInterface = machine.cloud().interfaces.some((eni) => eni.attachment?.instanceId === instanceId);
  return machine.host(instanceId) === undefined && !keepsInterface;
}

/** An instance is in the zone of its subnet; moto takes the first zone for one that is put on an existing interface. */
function correctZone(placement: Element, machine: Machine): void {
  const instance = placement.parentNode as Element;
  const subnet = machine.cloud().subnets.find(({ id }) => id === childText(instance, "subnetId"));
  if (subnet && child(placement, "availabilityZone")) setChildText(placement, "availabilityZone", subnet.zone);
}
