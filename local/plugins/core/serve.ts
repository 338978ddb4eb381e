/** Serves a plugin's gRPC service on a loopback port and tells the engine which, the way the engine expects of a plugin. */
import {
  Server,
  ServerCredentials,
  status,
  type ServiceError,
  type handleUnaryCall,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { ServiceDefinition } from "@grpc/grpc-js";
import { Engine } from "./engine";

/** Wraps a function as a unary call. What it throws is the call's error; an error with a `code` keeps it, and its metadata. */
export function unary<Request, Response>(
  answer: (request: Request) => Promise<Response> | Response,
): handleUnaryCall<Request, Response> {
  return async (call, callback) => {
    try {
      callback(null, await answer(call.request));
    } catch (error) {
      const { code = status.UNKNOWN, metadata } = error as Partial<ServiceError>;
      const details = error instanceof Error ? error.message : String(error);
      callback({ code: typeof code === "number" ? code : status.UNKNOWN, details, metadata });
    }
  };
}

/**
 * Starts serving. The first line on standard output is the port: that is how the engine finds it. The engine's own address is
 * the first argument that is no flag. Ends the process when the engine goes away.
 */
export async function serve(service: ServiceDefinition, implement: (engine?: Engine) => object): Promise<void> {
  const address = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
  const engine = address ? new Engine(address) : undefined;
  const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  server.addService(service, implement(engine) as UntypedServiceImplementation);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  process.stdout.write(`${port}\n`);
  engine?.onGone(() => process.exit(0));
  // An exit, not a death by signal: what a plugin started ends with it, by its exit handlers.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(0));
}
