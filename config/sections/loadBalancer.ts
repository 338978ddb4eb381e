import { z } from "zod";
import { cidr, domain, flag, text, whole } from "../leaves";

export const loadBalancer = z
  .strictObject({
    /** An ACM certificate: turns on HTTPS, and HTTP then redirects to it. */
    certificateArn: text(
      /^arn:[^:]+:acm:[^:]+:\d{12}:certificate\/.+$/,
      "write the ARN of an ACM certificate",
    ).optional(),
    /** The name that clients use, which the certificate covers; its DNS record is to point to the load balancer. */
    domain: domain('write a domain name, such as "realm.example.com"').optional(),
    /** Puts it into the private subnets: it has private addresses only, for clients of the VPC and of networks connected to it. */
    internal: flag("write true for a load balancer that the internet cannot reach").default(false),
    /** Who may reach the load balancer. With a certificate all of IPv4 unless told otherwise; without one it must be said. */
    allowedCidrs: z
      .array(cidr('write an IPv4 network, such as "203.0.113.0/24"'), { error: "write a list of IPv4 networks" })
      .min(1, { error: "write one network or more: `pulumi up` asks the load balancer for /health at its end, too" })
      .optional(),
    /** How long a WebSocket may be silent, in seconds. Realm's clients ping every minute or so, and AWS's default of 60 cuts them off. */
    idleTimeoutSeconds: whole(1, 4000, "write seconds, from 1 to 4000").default(3600),
    /** How long a core services host that leaves may finish its requests, in seconds. */
    drainSeconds: whole(0, 3600, "write seconds, from 0 to 3600").default(30),
  })
  .prefault({});
