import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import type { CommandResult } from "../../process";
import type { Failing, FailingCalls } from "./failing";

/** What the local AWS tells of itself: `GET /_local/state`. Kept stable for those who read it. */
export interface LocalState {
  name: string;
  region: string;
  endpoint: string;
  /** What the last attempts failed with; empty when the machine is what the API says. */
  errors: { what: string; message: string; times: number; at: string }[];
  /** Something is still being done. */
  busy: boolean;
  instances: {
    id: string;
    /** Value of the tag Name. */
    name?: string;
    /** What the API was told: running, stopped, terminated. */
    state: string;
    /** What the host is. */
    on: boolean;
    address: string;
    zone: string;
    vpcId: string;
    namespace: string;
    /** PID 1 of the host; null when it is off. */
    pid: number | null;
    consoleLog: string | null;
    volumes: { volumeId: string; device: string; image: string }[];
  }[];
  /** The last requests to load balancers that failed, and changes of targets' health, in HAProxy's words, since one of them last changed. */
  balancerEvents: string[];
  loadBalancers: {
    name: string;
    arn: string;
    /** On this machine, for example `http://127.77.0.1`: one for each listener. */
    urls: string[];
    targets: { group: string; id: string; port: number; state: string; description?: string }[];
  }[];
}

/** What can be done with the machine itself, which the AWS API has no call for. */
export interface LocalOperations {
  state(): Promise<LocalState>;
  /** Runs a command as root in a host, for at most a minute or the time given: what `aws ssm start-session` is for. */
  exec(instanceId: string, command: string[], timeoutSeconds?: number): Promise<CommandResult>;
  /** Brings a port of the host's own loopback to this machine's: an SSM port-forwarding session.  */
  forward(instanceId: string, port: number): Promise<{ address: string; url: string }>;
  /** Has the clock of an instance be ahead of AWS's, or behind it: hosts share this machine's, so that it is AWS's that moves for it. */
  setClock(instanceId: string, secondsAhead: number): void;
  /** Resolves when nothing is being done, or waiting to be. */
  settled(): Promise<void>;
}

/** Serves LocalOperations below `/_local/`, as JSON; and takes which calls of the AWS API are to fail. */
export function localHandler(operations: LocalOperations, failing: Pick<FailingCalls, "set">) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { status, body } = await handle(request, operations, failing).catch((error: Error) => ({
      status: 400,
      body: { error: error.message },
    }));
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(`${JSON.stringify(body, undefined, 2)}\n`);
  };
}

async function handle(request: IncomingMessage, operations: LocalOperations, failing: Pick<FailingCalls, "set">) {
  const route = `${request.method} ${request.url}`;
  if (route === "GET /_local/state") return { status: 200, body: await operations.state() };
  if (route === "GET /_local/settled") {
    await operations.settled();
    return { status: 200, body: await operations.state() };
  }
  if (route === "POST /_local/exec") {
    const { instanceId, command, timeoutSeconds } = (await json(request)) as {
      instanceId: string;
      command: string[];
      timeoutSeconds?: number;
    };
    return { status: 200, body: await operations.exec(instanceId, command, timeoutSeconds) };
  }
  if (route === "POST /_local/forward") {
    const { instanceId, port } = (await json(request)) as { instanceId: string; port: number };
    return { status: 200, body: await operations.forward(instanceId, port) };
  }
  if (route === "POST /_local/clock") {
    const { instanceId, secondsAhead } = (await json(request)) as { instanceId: string; secondsAhead: number };
    operations.setClock(instanceId, secondsAhead);
    return { status: 200, body: {} };
  }
  if (route === "POST /_local/failing") {
    return { status: 200, body: failing.set((await json(request)) as Failing[]) };
  }
  return { status: 404, body: { error: `there is no ${route}` } };
}
