import { randomUUID } from "node:crypto";
import type { CommandResult } from "../../process";
import type { PolicyDocument } from "../iam/policy";
import type { Cloud, Instance } from "../model/model";
import { accountId } from "../options";
import { isManaged } from "./agent";
import { instancesOf, parseSendCommand, SsmError, type CommandRequest } from "./request";

/** A command that was sent. */
export interface SentCommand {
  id: string;
  request: CommandRequest;
  requestedAt: Date;
  invocations: Invocation[];
}

/** The command on one of its instances. */
export interface Invocation {
  instanceId: string;
  /** Value of the instance's tag Name. */
  instanceName: string;
  status: "InProgress" | "Success" | "Failed" | "TimedOut";
  statusDetails: string;
  startedAt: Date;
  endedAt?: Date;
  /** The script's exit status; -1 while it runs. */
  responseCode: number;
  stdout: string;
  stderr: string;
}

/** What Run Command needs of the machine. */
export interface Hosts {
  cloud(): Cloud;
  isOn(instanceId: string): boolean;
  /** Runs a program on the instance's host as root. */
  exec(instanceId: string, command: string[], timeoutSeconds: number): Promise<CommandResult>;
}

/** The exit status of what was killed. */
const KILLED = 128 + 9;

/**
 * As the agent does: the script is a file of its own, so that its first line may name its interpreter, and stays for
 * whoever looks for what was run. All that it started is killed at its time, `timeout` itself included.
 */
const RUNNER = `
directory=/var/lib/amazon/ssm/$1/document/orchestration/$2/awsrunShellScript/0.awsrunShellScript
mkdir -p "$directory" && cd "\${4:-$directory}" || exit 1
printf '%s\\n' "$3" >"$directory/_script.sh" && chmod 0700 "$directory/_script.sh" || exit 1
timeout --signal=KILL "$5" "$directory/_script.sh"
exit $?
`;

/** Systems Manager's Run Command. What was sent is known until the local AWS ends. */
export class RunCommand {
  private readonly sent = new Map<string, SentCommand>();

  /** @param policiesOf what an instance's role may do */
  constructor(
    private readonly hosts: Hosts,
    private readonly policiesOf: (instance: Instance) => Promise<PolicyDocument[]>,
  ) {}

  /**
   * Starts a command on all its instances and returns at once.
   * @param input of SendCommand
   * @throws SsmError where it is refused
   */
  async send(input: Record<string, unknown>): Promise<SentCommand> {
    const request = parseSendCommand(input);
    const instances = await this.chooseInstances(request);
    const command: SentCommand = { id: randomUUID(), request, requestedAt: new Date(), invocations: [] };
    this.sent.set(command.id, command);
    for (const { id, tags } of instances) {
      const invocation: Invocation = {
        ...{ instanceId: id, instanceName: tags.Name ?? "", status: "InProgress", statusDetails: "InProgress" },
        ...{ startedAt: new Date(), responseCode: -1, stdout: "", stderr: "" },
      };
      command.invocations.push(invocation);
      void this.run(command, invocation);
    }
    return command;
  }

  /**
   * @throws SsmError where there is none
   */
  invocation(commandId: string, instanceId: string): { command: SentCommand; invocation: Invocation } {
    const command = this.sent.get(commandId);
    const invocation = command?.invocations.find((candidate) => candidate.instanceId === instanceId);
    if (!command || !invocation) throw new SsmError("InvocationDoesNotExist", "");
    return { command, invocation };
  }

  /**
   * The commands that were sent, the last one first.
   * @param commandId only this one @throws SsmError where there is none
   * @param instanceId only those that this instance got
   */
  list(commandId?: string, instanceId?: string): SentCommand[] {
    if (commandId !== undefined && !this.sent.has(commandId)) throw new SsmError("InvalidCommandId", "");
    return [...this.sent.values()]
      .filter(({ id }) => commandId === undefined || id === commandId)
      .filter(({ invocations }) => instanceId === undefined || invocations.some((one) => one.instanceId === instanceId))
      .reverse();
  }

  private async chooseInstances({ instanceIds, targets }: CommandRequest): Promise<Instance[]> {
    const all = this.hosts.cloud().instances;
    const wanted = targets.length > 0 ? instancesOf(targets, all) : [...new Set(instanceIds)];
    const managed = await Promise.all(all.map((instance) => this.isConnected(instance)));
    const connected = all.filter((_, index) => managed[index]);
    const deaf = wanted.filter((id) => !connected.some((instance) => instance.id === id));
    // Instances that are named have to be there; of those that are searched for, the agents that answer are meant.
    if (targets.length === 0 && deaf.length > 0) {
      const message = `Instances [[${deaf.join(", ")}]] not in a valid state for account ${accountId}`;
      throw new SsmError("InvalidInstanceId", message);
    }
    return connected.filter(({ id }) => wanted.includes(id));
  }

  private async isConnected(instance: Instance): Promise<boolean> {
    if (!this.hosts.isOn(instance.id)) return false;
    return isManaged(instance, await this.policiesOf(instance), this.hosts.cloud());
  }

  private async run({ id, request }: SentCommand, invocation: Invocation): Promise<void> {
    const { instanceId } = invocation;
    const { script, workingDirectory = "", executionTimeout } = request;
    const command = ["sh", "-c", RUNNER, "sh", instanceId, id, script, workingDirectory, String(executionTimeout)];
    const began = performance.now();
    try {
      // The margin is for a host that hangs.
      const { code, stdout, stderr } = await this.hosts.exec(instanceId, command, executionTimeout + 30);
      const late = code === KILLED && performance.now() - began >= executionTimeout * 1000;
      const [status, statusDetails] = late ? ["TimedOut", "ExecutionTimedOut"] : [code === 0 ? "Success" : "Failed"];
      Object.assign(invocation, { status, statusDetails: statusDetails ?? status, responseCode: code, stdout, stderr });
    } catch (error) {
      Object.assign(invocation, { status: "Failed", statusDetails: "Undeliverable", stderr: (error as Error).message });
    }
    invocation.endedAt = new Date();
  }
}
