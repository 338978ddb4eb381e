import type { Invocation, SentCommand } from "./runCommand";

/** The answers of Run Command, as Systems Manager gives them. */

const PLUGIN = "aws:runShellScript";
const STDOUT_CHARACTERS = 24_000;
const STDERR_CHARACTERS = 8_000;
/** ListCommandInvocations shows less. */
const LISTED_CHARACTERS = 2_500;
const CUT_OUTPUT = "\n---Output truncated---";
const CUT_ERROR = "\n---Error truncated----";

/** `Command` in the answers of SendCommand and ListCommands. */
export function commandAnswer({ id, request, requestedAt, invocations }: SentCommand) {
  const ended = invocations.filter(({ endedAt }) => endedAt);
  const bad = ended.filter(({ status }) => status !== "Success");
  const worst = bad.find(({ status }) => status === "TimedOut") ?? bad[0];
  const status = ended.length < invocations.length ? "InProgress" : (worst?.status ?? "Success");
  return {
    CommandId: id,
    DocumentName: request.documentName,
    DocumentVersion: "$DEFAULT",
    Comment: request.comment,
    ExpiresAfter: epochSeconds(new Date(requestedAt.getTime() + request.deliveryTimeout * 1000)),
    Parameters: request.parameters,
    InstanceIds: request.instanceIds,
    Targets: request.targets.map(({ key, values }) => ({ Key: key, Values: values })),
    RequestedDateTime: epochSeconds(requestedAt),
    Status: status,
    StatusDetails: invocations.length === 0 ? "NoInstancesInTag" : status,
    TimeoutSeconds: request.deliveryTimeout,
    TargetCount: invocations.length,
    CompletedCount: ended.length,
    ErrorCount: bad.length,
    DeliveryTimedOutCount: 0,
  };
}

/** The answer of GetCommandInvocation. */
export function invocationAnswer({ id, request }: SentCommand, invocation: Invocation) {
  const { instanceId, status, statusDetails, startedAt, endedAt, responseCode, stdout, stderr } = invocation;
  const milliseconds = endedAt ? endedAt.getTime() - startedAt.getTime() : 0;
  return {
    CommandId: id,
    InstanceId: instanceId,
    Comment: request.comment,
    DocumentName: request.documentName,
    DocumentVersion: "$DEFAULT",
    PluginName: PLUGIN,
    ResponseCode: responseCode,
    ExecutionStartDateTime: startedAt.toISOString(),
    ExecutionElapsedTime: endedAt ? `PT${milliseconds / 1000}S` : "",
    ExecutionEndDateTime: endedAt?.toISOString() ?? "",
    Status: status,
    StatusDetails: statusDetails,
    StandardOutputContent: cut(stdout, STDOUT_CHARACTERS, CUT_OUTPUT),
    StandardOutputUrl: "",
    StandardErrorContent: cut(stderr, STDERR_CHARACTERS, CUT_ERROR),
    StandardErrorUrl: "",
  };
}

/** `CommandInvocation` in the answer of ListCommandInvocations. @param details whether its output is shown as well */
export function listedInvocation({ id, request, requestedAt }: SentCommand, invocation: Invocation, details: boolean) {
  const { instanceId, instanceName, status, statusDetails, startedAt, endedAt, responseCode } = invocation;
  const plugin = {
    Name: PLUGIN,
    Status: status,
    StatusDetails: statusDetails,
    ResponseCode: responseCode,
    ResponseStartDateTime: epochSeconds(startedAt),
    ...(endedAt && { ResponseFinishDateTime: epochSeconds(endedAt) }),
    Output: output(invocation),
    StandardOutputUrl: "",
    StandardErrorUrl: "",
  };
  return {
    CommandId: id,
    InstanceId: instanceId,
    InstanceName: instanceName,
    Comment: request.comment,
    DocumentName: request.documentName,
    DocumentVersion: "$DEFAULT",
    RequestedDateTime: epochSeconds(requestedAt),
    Status: status,
    StatusDetails: statusDetails,
    StandardOutputUrl: "",
    StandardErrorUrl: "",
    CommandPlugins: details ? [plugin] : [],
  };
}

function output({ stdout, stderr }: Invocation): string {
  const joined = stderr === "" ? stdout : `${stdout}\n----------ERROR-------\n${stderr}`;
  return cut(joined, LISTED_CHARACTERS, CUT_OUTPUT);
}

/** The first characters, with a mark where more were left out. */
function cut(text: string, characters: number, mark: string): string {
  return text.length <= characters ? text : text.slice(0, characters - mark.length) + mark;
}

const epochSeconds = (date: Date) => date.getTime() / 1000;
