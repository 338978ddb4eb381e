import { isAllowed, type PolicyDocument } from "../iam/policy";
import type { Cloud, Instance } from "../model/model";

const actions = (service: string, names: string[]) => names.map((name) => `${service}:${name}`);

/** The two ways in which the SSM agent hears of commands: since its release 3.3.40 by the first, where it may. */
const CHANNELS = [
  actions("ssmmessages", ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"]),
  actions("ec2messages", [
    ...["AcknowledgeMessage", "DeleteMessage", "FailMessage", "GetEndpoint", "GetMessages", "SendReply"],
  ]),
];

/**
 * Whether the SSM agent of an instance that is on would be connected to Systems Manager: its role allows what the agent
 * calls, and its subnet leads to the services.
 * @param policies of the instance's role; none where it has no role
 */
export function isManaged(instance: Instance, policies: PolicyDocument[], cloud: Cloud): boolean {
  const allowed = (action: string) => isAllowed(policies, action);
  return (
    allowed("ssm:UpdateInstanceInformation") &&
    CHANNELS.some((channel) => channel.every(allowed) && reaches(instance, channel[0].split(":")[0], cloud)) &&
    reaches(instance, "ssm", cloud)
  );
}

function reaches({ vpcId, subnetId }: Instance, service: string, { subnets, endpoints }: Cloud): boolean {
  return (
    subnets.some(({ id, reachesInternet }) => id === subnetId && reachesInternet) ||
    endpoints.some((endpoint) => endpoint.vpcId === vpcId && endpoint.service === service)
  );
}
