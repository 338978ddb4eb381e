import { isIPv4 } from "node:net";
import { z } from "zod";
import { DEFAULT_INSTANCE_TYPE, flag, instanceType, text, whole } from "../leaves";

const ADVERTISED = 'write an IPv4 address, or a DNS name such as "{host}.realm.example.com"';

export const coreServices = z
  .strictObject({
    /** How many hosts behind the load balancer. */
    nodes: whole(1, 50, "write a number from 1 to 50").default(1),
    instanceType: instanceType.default(DEFAULT_INSTANCE_TYPE),
    /** Serves Realm's GraphQL API on `/graphql`; an artifact of the Realm packages must have realm-graphql-service in it. */
    graphql: flag("write true to serve GraphQL").default(false),
    /**
     * What core services are registered in Consul by, where those who look them up do so across a NAT: an address or a DNS name, in which
     * `{host}` stands for the host's name. It must lead to that one host, from the cluster's own hosts too. Left out: the private address.
     */
    advertiseAddress: text(/^(\d+(\.\d+){3}|([a-z0-9-]|\{host\})+(\.[a-z0-9-]+)+)$/, ADVERTISED)
      .refine((value) => isIPv4(value) || !/^[\d.]+$/.test(value), { error: ADVERTISED })
      .optional(),
  })
  .prefault({});
