import type { Document, Element } from "@xmldom/xmldom";
import type { TargetHealth } from "../../balancer/serverState";
import type { Target } from "../../model/model";
import type { Gap, Machine } from "../gap";
import { child, childText, elements, setChildText } from "../xml";

/** A target's health by ELB's words for it. */
const says = (state: TargetHealth["state"], reason: string, description: string): TargetHealth => ({
  state,
  reason,
  description,
});

const REGISTERING = says("initial", "Elb.RegistrationInProgress", "Target registration is in progress");
const UNUSED = says(
  "unused",
  "Target.NotInUse",
  "Target group is not configured to receive traffic from the load balancer",
);
const DRAINING = says("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress");
const NOT_REGISTERED = says("unused", "Target.NotRegistered", "Target is not registered to the target group");

/** In moto every target is healthy, and gone once it is deregistered; here it is what the load balancer's checks say, and drains. */
export const targetHealth: Gap = {
  service: "elasticloadbalancing",
  actions: ["DescribeTargetHealth"],
  async amend(document, machine, { params }) {
    const group = params.get("TargetGroupArn") ?? "";
    const draining = machine.draining.of(group);
    const named = [...params.keys()].some((name) => name.startsWith("Targets."));
    // Who asks for all of a group's targets is told of those that drain too; moto has forgotten them.
    if (!named) for (const target of draining) addMember(document, target);
    const health = await machine.targetHealth(group);
    for (const element of elements(document, "TargetHealth")) {
      const target = child(element.parentNode as Element, "Target")!;
      const id = childText(target, "Id");
      const isDraining = draining.some((one) => one.id === id);
      const now = isDraining ? DRAINING : healthNow(element, `${id}:${childText(target, "Port")}`, health);
      if (!now) continue;
      while (element.firstChild) element.removeChild(element.firstChild);
      setChildText(element, "State", now.state);
      if (now.reason) setChildText(element, "Reason", now.reason);
      if (now.description) setChildText(element, "Description", now.description);
    }
  },
};

/** The health of a target that does not drain; undefined where moto knows it: that the instance is stopped. */
function healthNow(
  element: Element,
  key: string,
  health: Awaited<ReturnType<Machine["targetHealth"]>>,
): TargetHealth | undefined {
  const reason = childText(element, "Reason");
  // moto lets what has ended drain for ever.
  if (["Target.NotRegistered", "Target.DeregistrationInProgress"].includes(reason)) return NOT_REGISTERED;
  if (childText(element, "State") !== "healthy") return undefined;
  return health ? (health.get(key) ?? REGISTERING) : UNUSED;
}

function addMember(document: Document, { id, port }: Target): void {
  const list = elements(document, "TargetHealthDescriptions")[0];
  const add = (parent: Element, name: string) =>
    parent.appendChild(document.createElementNS(list.namespaceURI, name)) as Element;
  const member = add(list, "member");
  const target = add(member, "Target");
  setChildText(target, "Id", id);
  setChildText(target, "Port", String(port));
  setChildText(member, "HealthCheckPort", "traffic-port");
  add(member, "TargetHealth");
}
