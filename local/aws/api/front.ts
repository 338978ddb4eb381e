import { once } from "node:events";
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { buffer } from "node:stream/consumers";
import { Turns } from "../turns";
import { isMutating, parseCall, type Call } from "./call";
import { errorAnswer, type FailingCalls } from "./failing";
import type { Answer, Machine } from "./gap";
import { gapOf } from "./gaps";
import { signatureDateFault } from "./signatureDate";
import { parseXml, serializeXml } from "./xml";

export interface FrontOptions {
  /** moto's address. */
  upstream: string;
  machine: Machine;
  /** What the machine is to be may have changed. */
  onMutation(call: Call): void;
  /**
   * Whether a host may make the call: the reason why not, or undefined.
   * @param vpcId and address: where the call comes from, as HAProxy tells
   */
  refusal(call: Call, vpcId: string, address: string): Promise<string | undefined>;
  /** What time it is, as the host that calls is to see it; the parameters are those of `refusal`. */
  now(vpcId: string, address: string): Date;
  /** Calls that are to fail. @default none */
  failing?: Pick<FailingCalls, "answer">;
  /** Requests below `/_local/`: about the machine, not of the AWS API. */
  local(request: IncomingMessage, response: ServerResponse): Promise<void>;
  log(line: string): void;
}

/** The AWS API: moto, with the machine behind it. */
export function apiServer(options: FrontOptions): Server {
  const agent = new Agent({ keepAlive: true });
  const moto = new Moto(options.upstream, agent);
  const server = createServer((request, response) => {
    const handled = request.url?.startsWith("/_local/")
      ? options.local(request, response)
      : handle(request, response, moto, options);
    handled.catch((error: Error) => {
      options.log(`api ${request.method} ${request.url}: ${error.stack ?? error.message}`);
      if (!response.headersSent) response.writeHead(500, { "Content-Type": "text/plain" });
      response.end(error.message);
    });
  });
  // A client of the AWS SDK keeps its connections; one that is closed under its hands it takes for an error.
  server.keepAliveTimeout = 120_000;
  server.on("close", () => agent.destroy());
  return server;
}

async function handle(request: IncomingMessage, response: ServerResponse, moto: Moto, options: FrontOptions) {
  const body = await buffer(request);
  const call = parseCall(request.method ?? "", request.headers, request.url ?? "", body);
  const vpcId = request.headers["x-local-vpc"];
  const failure = options.failing?.answer(call, typeof vpcId === "string" ? "hosts" : "others");
  if (failure) return send(response, failure);
  if (typeof vpcId === "string") {
    const address = String(request.headers["x-forwarded-for"]);
    const stale = signatureDateFault(request.headers, options.now(vpcId, address));
    if (stale !== undefined) return send(response, errorAnswer(call, "stale", stale));
    const reason = await options.refusal(call, vpcId, address);
    if (reason !== undefined) return send(response, errorAnswer(call, "denied", reason));
  }
  const gap = gapOf(call);
  if (gap?.answer) return send(response, await gap.answer(call, options.machine));
  gap?.prepare?.(call.params);
  const corrected = gap?.prepare ? call.params.toString() : gap?.prepareBody?.(body.toString());
  const question = corrected === undefined ? body : Buffer.from(corrected);
  const upstream = await moto.ask(call, request, question);
  let { content } = upstream;
  const agreed = upstream.status === 200;
  if (agreed && gap?.act) await gap.act(call, options.machine);
  if (agreed && gap?.amend) {
    const document = parseXml(content.toString());
    await gap.amend(document, options.machine, call);
    content = Buffer.from(serializeXml(document));
  }
  if (agreed && isMutating(call)) options.onMutation(call);
  const headers = { ...upstream.headers, "content-length": String(content.length) };
  delete headers["transfer-encoding"];
  response.writeHead(upstream.status, headers);
  response.end(request.method === "HEAD" ? undefined : content);
}

function send(response: ServerResponse, { status, body, contentType = "text/xml;charset=UTF-8" }: Answer): void {
  response.writeHead(status, { "Content-Type": contentType });
  response.end(body);
}

interface MotosAnswer {
  status: number;
  headers: IncomingMessage["headers"];
  content: Buffer;
}

/**
 * moto, as the front asks it. Its models take no locks: of two instances that were launched at the same moment, one was seen without the
 * network interface that it was launched with. So what changes something goes one call at a time; what reads goes beside.
 */
class Moto {
  private readonly changes = new Turns();

  constructor(
    private readonly upstream: string,
    private readonly agent: Agent,
  ) {}

  ask(call: Call, request: IncomingMessage, body: Buffer): Promise<MotosAnswer> {
    const ask = () => this.forward(request, body);
    return isMutating(call) ? this.changes.take(ask) : ask();
  }

  private async forward(request: IncomingMessage, body: Buffer): Promise<MotosAnswer> {
    const { hostname, port } = new URL(this.upstream);
    const headers = { ...request.headers, "content-length": String(body.length) };
    // The body goes as a whole. moto, like the service, tells one service from another by the Host header too.
    for (const name of ["transfer-encoding", "connection", "expect"]) delete headers[name as keyof typeof headers];
    const { method, url: path } = request;
    const outgoing = httpRequest({ hostname, port, method, path, headers, agent: this.agent });
    outgoing.end(body);
    try {
      const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
      return { status: answer.statusCode ?? 502, headers: answer.headers, content: await buffer(answer) };
    } catch (error) {
      throw new Error(`moto at ${this.upstream}: ${(error as Error).message}`, { cause: error });
    }
  }
}
