/** The engine, as a plugin sees it: where log lines go, and when it is time to end. */
import { credentials, connectivityState } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

const SEVERITY = {
  debug: LogSeverity.DEBUG,
  info: LogSeverity.INFO,
  warning: LogSeverity.WARNING,
  error: LogSeverity.ERROR,
} as const;

/** A connection to the engine that started this plugin. */
export class Engine {
  private readonly client: EngineClient;

  /** `address` is the engine's host and port. */
  constructor(address: string) {
    this.client = new EngineClient(address, credentials.createInsecure());
  }

  /** Shows a line at the terminal, under a resource where a URN is given. */
  log(severity: keyof typeof SEVERITY, message: string, urn = ""): void {
    const request = new LogRequest();
    request.setSeverity(SEVERITY[severity]);
    request.setMessage(message);
    request.setUrn(urn);
    this.client.log(request, (error) => {
      if (error) process.stderr.write(`${message} (the engine does not take log lines: ${error.message})\n`);
    });
  }

  /** Calls back once the engine is gone, however it ended: a plugin must not outlive it. */
  onGone(gone: () => void): void {
    watch(this.client.getChannel(), gone);
  }
}

function watch(channel: ReturnType<EngineClient["getChannel"]>, gone: () => void): void {
  const state = channel.getConnectivityState(true);
  if (state === connectivityState.TRANSIENT_FAILURE || state === connectivityState.SHUTDOWN) return gone();
  channel.watchConnectivityState(state, Infinity, () => watch(channel, gone));
}
