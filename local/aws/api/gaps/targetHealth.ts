import type { Gap } from "../gap";
import { child, childText, elements, setChildText } from "../xml";

/** In moto every target is healthy; here it is what the load balancer's checks say. */
export const targetHealth: Gap = {
  service: "elasticloadbalancing",
  actions: ["DescribeTargetHealth"],
  async amend(document, machine, { params }) {
    const health = await machine.targetHealth(params.get("TargetGroupArn") ?? "");
    for (const element of elements(document, "TargetHealth")) {
      const target = child(element.parentNode as typeof element, "Target")!;
      const found = health?.get(`${childText(target, "Id")}:${childText(target, "Port")}`);
      const now = health
        ? (found ?? {
            state: "initial",
            reason: "Elb.RegistrationInProgress",
            description: "Target registration is in progress",
          })
        : {
            state: "unused",
            reason: "Target.NotInUse",
            description: "Target group is not configured to receive traffic from the load balancer",
          };
      while (element.firstChild) element.removeChild(element.firstChild);
      setChildText(element, "State", now.state);
      if (now.reason) setChildText(element, "Reason", now.reason);
      if (now.description) setChildText(element, "Description", now.description);
    }
  },
};
