import type { Call } from "./call";
import type { Answer } from "./gap";
import { ec2Error, queryError } from "./xml";

/** Calls that the API is told to fail, as AWS does when there are too many, when it is broken, or when they are not allowed. */
export interface Failing {
  error: keyof typeof ERRORS;
  /** As in a signature's scope: `ssm`, `ec2`, `elasticloadbalancing`... @default every one */
  service?: string;
  /** `GetParameter` ... @default every one */
  actions?: string[];
  /** Whose calls: those of hosts, or of everybody else. @default both */
  from?: "hosts" | "others";
  /** How many of these calls fail, the first ones. @default all of them */
  times?: number;
  /** Which part of these calls fails, evenly: 0.25 is every fourth. @default all of them */
  part?: number;
}

/** An error as the services word it, by their protocols: of EC2, of others with forms, of those with JSON. */
interface Wording {
  status: { ec2: number; query: number; json: number };
  code: { ec2: string; query: string; json: string };
  message: string;
}

const same = (status: number) => ({ ec2: status, query: status, json: status });

const ERRORS = {
  throttled: {
    status: { ec2: 503, query: 400, json: 400 },
    code: { ec2: "RequestLimitExceeded", query: "Throttling", json: "ThrottlingException" },
    message: "Rate exceeded",
  },
  internal: {
    status: same(500),
    code: { ec2: "InternalError", query: "InternalFailure", json: "InternalServerError" },
    message: "An internal error has occurred",
  },
  unavailable: {
    status: same(503),
    code: { ec2: "Unavailable", query: "ServiceUnavailable", json: "ServiceUnavailable" },
    message: "Service is unable to handle request.",
  },
  denied: {
    status: { ec2: 403, query: 403, json: 400 },
    code: { ec2: "UnauthorizedOperation", query: "AccessDenied", json: "AccessDeniedException" },
    message: "You are not authorized to perform this operation",
  },
  stale: {
    status: { ec2: 403, query: 403, json: 400 },
    code: { ec2: "RequestExpired", query: "SignatureDoesNotMatch", json: "InvalidSignatureException" },
    message: "Signature expired",
  },
} satisfies Record<string, Wording>;

/** How the service of a call would answer with an error. @param message @default the service's own */
export function errorAnswer(call: Call, error: keyof typeof ERRORS, message: string = ERRORS[error].message): Answer {
  const { status, code }: Wording = ERRORS[error];
  if (call.service === "ec2") return { status: status.ec2, body: ec2Error(code.ec2, message) };
  // Route 53 has no forms, but answers with the same XML.
  if (call.params.has("Action") || call.service === "route53") {
    return { status: status.query, body: queryError(code.query, message) };
  }
  const body = JSON.stringify({ __type: code.json, message });
  return { status: status.json, body, contentType: "application/x-amz-json-1.1" };
}

/** How many calls have failed, by who made them. */
export type Failed = Record<"hosts" | "others", number>;

/** Which calls fail now. */
export class FailingCalls {
  private rules: { rule: Failing; seen: number }[] = [];
  private failed: Failed = { hosts: 0, others: 0 };

  /** Fails these calls from now on, in place of those that were to fail before. @returns how many of those did */
  set(rules: Failing[]): Failed {
    const unknown = rules.find(({ error }) => !(error in ERRORS));
    if (unknown) throw new Error(`there is no error ${unknown.error}: ${Object.keys(ERRORS).join(", ")}`);
    const { failed } = this;
    this.rules = rules.map((rule) => ({ rule, seen: 0 }));
    this.failed = { hosts: 0, others: 0 };
    return failed;
  }

  /** The error that a call is answered with, or undefined where it is not to fail. */
  answer(call: Call, from: "hosts" | "others"): Answer | undefined {
    for (const entry of this.rules) {
      const { rule } = entry;
      if (!matches(rule, call, from)) continue;
      entry.seen += 1;
      if (entry.seen > (rule.times ?? Infinity)) continue;
      const { part = 1 } = rule;
      if (Math.floor(entry.seen * part) <= Math.floor((entry.seen - 1) * part)) continue;
      this.failed[from] += 1;
      return errorAnswer(call, rule.error);
    }
    return undefined;
  }
}

function matches({ service, actions, from }: Failing, call: Call, caller: string): boolean {
  return (
    (service ?? call.service) === call.service &&
    (actions?.includes(call.action) ?? true) &&
    (from ?? caller) === caller
  );
}
