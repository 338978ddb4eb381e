import type { Call } from "../api/call";
import { accountId } from "../options";
import { isAllowed, type PolicyDocument } from "./policy";

/** What IAM allows everyone. */
const ALWAYS = new Set(["sts:GetCallerIdentity", "sts:GetSessionToken"]);

/**
 * Whether a host may make a call.
 * @param policies of its role; none where it has no role
 * @returns why not; undefined where it may
 */
export function refusal(call: Call, policies: PolicyDocument[], region: string, who: string): string | undefined {
  const action = `${call.service}:${call.action}`;
  if (ALWAYS.has(action)) return undefined;
  const refused = resourcesOf(call, region).find((resource) => !isAllowed(policies, action, resource));
  if (refused === undefined && (resourcesOf(call, region).length > 0 || isAllowed(policies, action))) return undefined;
  const on = refused === undefined ? "" : ` on resource: ${refused}`;
  return `${who} is not authorized to perform: ${action}${on} because no identity-based policy allows the ${action} action`;
}

/** What a call is about, as ARNs, where that is known: the parameters of SSM. */
function resourcesOf({ service, input }: Call, region: string): string[] {
  if (service !== "ssm") return [];
  const { Name, Names, Path } = input as { Name?: unknown; Names?: unknown; Path?: unknown };
  return [Name, Path, ...(Array.isArray(Names) ? (Names as unknown[]) : [])]
    .filter((name): name is string => typeof name === "string")
    .map((name) => (name.startsWith("arn:") ? name : parameterArn(name, region)));
}

function parameterArn(name: string, region: string): string {
  return `arn:aws:ssm:${region}:${accountId}:parameter/${name.replace(/^\//, "").replace(/:[^/]*$/, "")}`;
}
