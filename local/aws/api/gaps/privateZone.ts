import type { Gap } from "../gap";
import { child, parseXml, serializeXml, setChildText } from "../xml";

/** moto takes a zone that is made with a VPC for a public one, unless it is told. */
export const privateZone: Gap = {
  service: "route53",
  actions: ["CreateHostedZone"],
  prepareBody(body) {
    const document = parseXml(body);
    const request = document.documentElement!;
    if (!child(request, "VPC")) return body;
    if (!child(request, "HostedZoneConfig")) setChildText(request, "HostedZoneConfig", "");
    setChildText(child(request, "HostedZoneConfig")!, "PrivateZone", "true");
    return serializeXml(document);
  },
};
