/** Errors of the AWS SDK: which operation they belong to, what they mean, and how the real provider words them. */

/** An error as the SDK throws it, with the operation that `nameOperations` adds. */
interface SdkError extends Error {
  $metadata?: { httpStatusCode?: number; requestId?: string };
  code?: string;
  operation?: string;
}

const TITLES: Record<string, string> = {
  ec2: "EC2",
  elbv2: "Elastic Load Balancing v2",
  iam: "IAM",
  route53: "Route 53",
  ssm: "SSM",
  sts: "STS",
};

interface Middleware {
  (next: (args: unknown) => Promise<unknown>, context: { commandName?: string }): (args: unknown) => Promise<unknown>;
}

/** Makes a client's errors tell the operation that they came from. */
export function nameOperations<T extends object>(client: T, service: string): T {
  const stack = (client as { middlewareStack?: { add(middleware: Middleware, options: object): void } })
    .middlewareStack;
  stack?.add(
    (next, context) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        const operation = `${TITLES[service]}: ${(context.commandName ?? "").replace(/Command$/, "")}`;
        throw Object.assign(error as SdkError, { operation });
      }
    },
    { step: "initialize", name: "nameOperations" },
  );
  return client;
}

/** The error's code, such as `DependencyViolation`. */
export function codeOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

/** True for every way in which these services say that there is no such thing. */
export function isGone(error: unknown): boolean {
  return /NotFound$|NotFoundException$|\.NotFound|^NoSuchEntity|^NoSuchHostedZone$|^ParameterNotFound$|^InvalidTarget(Exception)?$/.test(
    codeOf(error),
  );
}

/** True for what AWS refuses for the moment alone: too many calls, or a fault of its own. */
export function passes(error: unknown): boolean {
  const status = (error as SdkError).$metadata?.httpStatusCode ?? 0;
  return status >= 500 || status === 429 || /Throttl|TooManyRequests|RequestLimitExceeded/.test(codeOf(error));
}

/** Words an error as the real provider does: what was done, by which operation, and what the service said. */
export function explain(error: unknown, action: string, token: string): string {
  const [, module = "", type = token] = /^aws:([a-z0-9]+)\/[^:]*:(.*)$/i.exec(token) ?? [];
  const what = `${action} ${[module.toUpperCase(), type].filter(Boolean).join(" ")}`;
  const { $metadata, operation, message, code, name } = error as SdkError;
  if (!$metadata || !operation) return `${what}: ${message || code || String(error)}`;
  const status = $metadata.httpStatusCode ?? 0;
  if (!$metadata.httpStatusCode) return `${what}: operation error ${operation}, ${message || code || name}`;
  return `${what}: operation error ${operation}, https response error StatusCode: ${status}, RequestID: ${$metadata.requestId ?? ""}, api error ${name}: ${message}`;
}
