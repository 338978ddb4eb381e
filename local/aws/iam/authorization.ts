import type { Call } from "../api/call";
import { accountId } from "../options";
import { isAllowed, type PolicyDocument } from "./policy";

/** What IAM allows everyone. */
const ALWAYS = new Set(["sts:GetCallerIdentity", "sts:GetSessionToken"]);

/** Services whose calls are signed for another name than the one that policies have. */
const PREFIXES: Record<string, string> = { monitoring: "cloudwatch" };

/**
 * Whether a host may make a call.
 * @param policies of its role; none where it has no role
 * @returns why not; undefined where it may
 */
export function refusal(call: Call, policies: PolicyDocument[], region: string, who: string): string | undefined {
  const action = `${PREFIXES[call.service] ?? call.service}:${call.action}`;
  if (ALWAYS.has(action)) return undefined;
  const may = (resource?: string) => isAllowed(policies, action, resource, contextOf(call));
  const resources = resourcesOf(call, region);
  const refused = resources.find((resource) => !may(resource));
  if (refused === undefined && (resources.length > 0 || may())) return undefined;
  const on = refused === undefined ? "" : ` on resource: ${refused}`;
  return `${who} is not authorized to perform: ${action}${on} because no identity-based policy allows the ${action} action`;
}

/** What a call is about, as ARNs, where that is known: the parameters of SSM, and the streams of a log group. */
function resourcesOf({ service, input }: Call, region: string): string[] {
  if (service === "logs" && typeof input.logGroupName === "string") {
    const stream = typeof input.logStreamName === "string" ? input.logStreamName : "";
    return [`arn:aws:logs:${region}:${accountId}:log-group:${input.logGroupName}:log-stream:${stream}`];
  }
  if (service !== "ssm") return [];
  const { Name, Names, Path } = input as { Name?: unknown; Names?: unknown; Path?: unknown };
  return [Name, Path, ...(Array.isArray(Names) ? (Names as unknown[]) : [])]
    .filter((name): name is string => typeof name === "string")
    .map((name) => (name.startsWith("arn:") ? name : parameterArn(name, region)));
}

/** What conditions may ask of a call, where that is known: the namespace of CloudWatch's metrics. */
function contextOf({ service, input }: Call): Record<string, string> {
  return service === "monitoring" && typeof input.Namespace === "string"
    ? { "cloudwatch:namespace": input.Namespace }
    : {};
}

function parameterArn(name: string, region: string): string {
  return `arn:aws:ssm:${region}:${accountId}:parameter/${name.replace(/^\//, "").replace(/:[^/]*$/, "")}`;
}
