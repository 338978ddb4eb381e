/** What AWS refused a call with, in words of which one can act on. Pure. */

/** A call of AWS. */
export interface Asked {
  /** As policies call it, such as `ssm:GetParameter`. */
  action: string;
  input: object;
}

/** An error as the SDK throws it. */
interface SdkError extends Error {
  $metadata?: { httpStatusCode?: number; attempts?: number; requestId?: string };
}

/** Ways in which calls fail, and what there is to do, the first that fits. */
const ADVICE: { fits(error: SdkError): boolean; advice(asked: Asked): string }[] = [
  {
    fits: ({ name, $metadata }) =>
      /Throttl|TooManyRequests|RequestLimitExceeded|RateExceeded/i.test(name) || $metadata?.httpStatusCode === 429,
    advice: () => "The account makes more calls of this kind than AWS takes: run it again when less is going on in it.",
  },
  {
    fits: wasDenied,
    advice: ({ action }) => `Whoever runs this needs ${action}.`,
  },
  {
    fits: ({ name }) =>
      /^(ExpiredToken|RequestExpired|UnrecognizedClient|InvalidClientTokenId|SignatureDoesNotMatch|InvalidSignature|CredentialsProviderError|TokenProviderError)/.test(
        name,
      ),
    advice: () => "Log in to AWS again, and run it again.",
  },
  {
    fits: ({ $metadata }) => ($metadata?.httpStatusCode ?? 0) >= 500,
    advice: () => "That is AWS's own fault (https://health.aws.amazon.com): run it again later.",
  },
  {
    // The SDK puts some errors of Node's into errors of its own, with the code in the message only.
    fits: ({ name, message, $metadata }) =>
      !$metadata?.httpStatusCode &&
      (name === "TimeoutError" || /ECONN|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|EPIPE/.test(message)),
    advice: () => "AWS could not be reached: see to the network from here, and run it again.",
  },
];

/** Whether a call was refused for want of a permission, which asking again does not change. */
export function wasDenied(error: unknown): boolean {
  return error instanceof Error && /^(AccessDenied|UnauthorizedOperation)/.test(error.name);
}

/**
 * What a call answers, or undefined where AWS says one of these: that there is no such thing.
 *
 * @throws what else it fails with
 */
export async function unless<T>(codes: readonly string[], call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Error && codes.includes(error.name)) return undefined;
    throw error;
  }
}

/** What inputs name what they are about with. */
const SUBJECTS = ["Name", "Names", "Path", "InstanceId", "InstanceIds", "TargetGroupArn", "LoadBalancerArn", "Filters"];

/** An error of the SDK as sentences: what was asked of what, what AWS said and how often, and what there is to do. */
export function explain(error: SdkError, asked: Asked): string {
  const { name, message, $metadata = {} } = error;
  const { attempts = 1, requestId } = $metadata;
  const details = [
    ...(attempts > 1 ? [`asked ${attempts} times`] : []),
    ...(requestId ? [`request ${requestId}`] : []),
  ];
  const plain = message.replace(/^AWS SDK error wrapper for (Error: )?/, "");
  const said = [name === "Error" ? "" : name, plain]
    .filter((part, index, all) => part && all.indexOf(part) === index)
    .join(": ");
  const known = details.length > 0 ? ` (${details.join(", ")})` : "";
  const first = `${asked.action}${subject(asked.input)} failed: ${said.replace(/\.$/, "")}${known}`;
  const advice = ADVICE.find(({ fits }) => fits(error))?.advice(asked);
  return advice ? `${first}. ${advice}` : first;
}

function subject(input: object): string {
  const [key] = SUBJECTS.filter((name) => name in input);
  const value = (input as Record<string, unknown>)[key];
  if (value === undefined) return "";
  const filters = value as { Name: string; Values: string[] }[];
  const told = key === "Filters" ? filters.map(({ Name, Values }) => `${Name}=${Values.join(",")}`) : [value].flat();
  return ` of ${told.join(", ")}`;
}
