/** aws:ec2/getInstances:getInstances. */
import { paginateDescribeInstances } from "@aws-sdk/client-ec2";
import { list, map, string, type Invoke } from "../../core/schema";
import type { Aws } from "../context";
import { asFilters, filters } from "../filters";
import { strings } from "../resource";

/** The instances that match, running ones unless told otherwise; there may be none. */
export const getInstances: Invoke<Aws> = {
  arguments: {
    filters,
    instanceStateNames: list(string()),
    instanceTags: map(string()),
    region: string(),
  },
  async call(aws, args) {
    const client = await aws.in(args.region).ec2();
    const { Filters = [] } = asFilters({ filters: args.filters, tags: args.instanceTags });
    const states = args.instanceStateNames ? strings(args.instanceStateNames) : ["running"];
    const found = [];
    const input = { Filters: [...Filters, { Name: "instance-state-name", Values: states }] };
    for await (const { Reservations = [] } of paginateDescribeInstances({ client }, input)) {
      found.push(...Reservations.flatMap(({ Instances = [] }) => Instances));
    }
    const { region } = aws.in(args.region);
    const present = (values: (string | undefined)[]) => values.filter((value): value is string => Boolean(value));
    return {
      ...args,
      id: region,
      region,
      instanceStateNames: states,
      ids: present(found.map(({ InstanceId }) => InstanceId)),
      privateIps: present(found.map(({ PrivateIpAddress }) => PrivateIpAddress)),
      publicIps: present(found.map(({ PublicIpAddress }) => PublicIpAddress)),
      ipv6Addresses: present(found.map(({ Ipv6Address }) => Ipv6Address)),
    };
  },
};
