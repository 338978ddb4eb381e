import type { IncomingHttpHeaders } from "node:http";
import { route53Action } from "./route53";

/** A call of the AWS API, as far as the front has to understand it. */
export interface Call {
  /** As in the signature's scope: `ec2`, `elasticloadbalancing`, `ssm`... */
  service: string;
  /** `RunInstances` ... */
  action: string;
  /** Of the query protocol; empty for others. */
  params: URLSearchParams;
  /** Of the JSON protocol; empty for others. */
  input: Record<string, unknown>;
}

/** Reads a request of the query protocol (EC2, ELB, IAM, STS), of a JSON protocol (SSM and others), or of Route 53. */
export function parseCall(method: string, headers: IncomingHttpHeaders, url: string, body: Buffer): Call {
  const scope = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\/aws4_request/.exec(headers.authorization ?? "");
  const service = scope?.[1] ?? "";
  const target = headers["x-amz-target"];
  if (typeof target === "string") {
    return { service, action: target.split(".").at(-1) ?? "", params: new URLSearchParams(), input: parseJson(body) };
  }
  if (service === "route53") {
    return { service, action: route53Action(method, url), params: new URLSearchParams(), input: {} };
  }
  const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
  const params = new URLSearchParams(isForm ? body.toString() : (url.split("?")[1] ?? ""));
  return { service, action: params.get("Action") ?? "", params, input: {} };
}

/** An empty object where the body is none; moto refuses such a call. */
function parseJson(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Whether the call may have changed something. */
export function isMutating({ action }: Call): boolean {
  return action !== "" && !/^(Describe|Get|List|Search)/.test(action);
}

/** The values of a list parameter: `InstanceId.1=...&InstanceId.2=...`. */
export function listParam(params: URLSearchParams, name: string): string[] {
  return [...params].filter(([key]) => key.startsWith(`${name}.`)).map(([, value]) => value);
}
