import type { Gap } from "../gap";
import { childText, elements, setChildText } from "../xml";

/** A load balancer's name is its address on this machine: no resolver knows the name that moto makes up. */
export const loadBalancerAddress: Gap = {
  service: "elasticloadbalancing",
  actions: ["CreateLoadBalancer", "DescribeLoadBalancers"],
  async amend(document, machine) {
    const [members] = elements(document, "LoadBalancers");
    for (const balancer of members ? elements(members, "member") : []) {
      const arn = childText(balancer, "LoadBalancerArn");
      if (arn) setChildText(balancer, "DNSName", await machine.balancerAddress(arn));
    }
  },
};
