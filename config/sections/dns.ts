import { z } from "zod";
import { domain, text } from "../leaves";

export const dns = z
  .strictObject({
    /** The Route 53 hosted zone that gets the record of `loadBalancer.domain`, an alias of the load balancer. */
    zoneId: text(
      /^[0-9A-Z]{1,32}$/,
      'write the id of a Route 53 hosted zone, such as "Z0123456789ABCDEFGHIJ"',
    ).optional(),
    /** The name of a private hosted zone to make for the VPC: each host by its name, and all Consul servers as `consul`. */
    privateZone: domain('write a domain name, such as "realm.internal"').optional(),
  })
  .prefault({});
