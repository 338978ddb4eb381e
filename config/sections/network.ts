import { z } from "zod";
import { networks, once, privateCidr, text, word } from "../leaves";

const adoptedSubnets = (kind: string, minimum: number) => {
  const write = `write the ids of ${minimum} or more ${kind} subnets`;
  const id = text(/^subnet-[0-9a-f]+$/, 'write a subnet\'s id, such as "subnet-0a1b2c3d"');
  return once(z.array(id, { error: write }).min(minimum, { error: write }), "write each subnet once");
};

export const network = z
  .strictObject({
    /** The VPC's block of IPv4 addresses, /16 to /22. Of its sixteen equal parts one is each zone's private subnet and one its public. */
    cidr: privateCidr('write a private IPv4 network, such as "10.20.0.0/16"').default("10.20.0.0/16"),
    /** How private hosts reach the internet: `none` (they do not; sessions go through interface endpoints), `single` (one NAT gateway), `perZone` (one in each zone). */
    nat: word(["none", "single", "perZone"]).default("single"),
    /** Where hosts may open connections to besides each other, by HTTP, HTTPS and the ports of what they download: AWS, mirrors, the registry. */
    egressCidrs: networks
      .refine((list) => list.length > 0, {
        error: "write one network or more: a boot downloads, and reports to SSM",
      })
      .default(["0.0.0.0/0"]),
    /** An existing VPC to use instead of making one. Its subnets must have the routes that the hosts need. */
    adopt: z
      .strictObject({
        vpcId: text(/^vpc-[0-9a-f]+$/, 'write the VPC\'s id, such as "vpc-0a1b2c3d"'),
        /** Where the hosts live. */
        privateSubnetIds: adoptedSubnets("private", 1),
        /** Where the load balancer lives; not needed for an internal one. */
        publicSubnetIds: adoptedSubnets("public", 2).optional(),
      })
      .optional(),
  })
  .prefault({});
