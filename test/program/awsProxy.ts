/** What stands before moto in tests of the engine: it can fail calls, and it tells of those that change something. */
import { EC2 } from "@aws-sdk/client-ec2";
import { once } from "node:events";
import { Agent, type Server, type ServerResponse, createServer, request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { type Call, isMutating, listParam, parseCall } from "../../local/aws/api/call";
import { FailingCalls } from "../../local/aws/api/failing";
import { gapOf } from "../../local/aws/api/gaps";
import type { NetworkInterface } from "../../local/aws/model/model";
import { changeInterfaces } from "../../local/aws/reconcile/interfaces";
import { Turns } from "../../local/aws/turns";

/** What becomes of a call that changes something. */
export type Fate = "answered" | "never made" | "made, and nobody hears of it";

export class AwsProxy {
  /** Calls that are to fail. */
  readonly failing = new FailingCalls();
  /** Decides over a call that changes something. */
  fate: (call: Call) => Fate = () => "answered";
  private readonly agent = new Agent({ keepAlive: true });
  private readonly clients = new Set<Socket>();
  private readonly changes = new Turns();
  private readonly reach = { region: "eu-west-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } };
  private open = 0;

  private constructor(
    private readonly moto: string,
    private readonly server: Server,
  ) {}

  static async start(moto: string): Promise<AwsProxy> {
    const server = createServer();
    const proxy = new AwsProxy(moto, server);
    server.keepAliveTimeout = 120_000;
    server.on("connection", (socket) => {
      proxy.clients.add(socket);
      socket.once("close", () => proxy.clients.delete(socket));
    });
    server.on("request", (request, response) => {
      proxy.open += 1;
      proxy
        .handle(request, response)
        // Whoever asked may be gone.
        .catch(() => response.destroy())
        .finally(() => (proxy.open -= 1));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resolves once nobody is connected any more and nothing is being done: everybody who was killed has ended. */
  async deserted(): Promise<void> {
    while (this.clients.size > 0 || this.open > 0) await pause(20);
  }

  end(): void {
    this.server.close();
    this.server.closeAllConnections();
    this.agent.destroy();
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const call = parseCall(request.method ?? "", request.headers, request.url ?? "", body);
    const failure = this.failing.answer(call, "others");
    if (failure) {
      response.writeHead(failure.status, { "Content-Type": failure.contentType ?? "text/xml" });
      response.end(failure.body);
      return;
    }
    const changes = isMutating(call);
    const fate = changes ? this.fate(call) : "answered";
    if (fate === "never made") return;
    // moto takes one change at a time; see the front of the local AWS.
    const corrected = gapOf(call)?.prepareBody?.(body.toString());
    const ask = () => this.forward(request, corrected === undefined ? body : Buffer.from(corrected));
    const { status, headers, content } = changes ? await this.changes.take(ask) : await ask();
    if (call.action === "TerminateInstances" && status === 200)
      await this.release(listParam(call.params, "InstanceId"));
    if (fate !== "answered") return;
    response.writeHead(status, headers);
    response.end(request.method === "HEAD" ? undefined : content);
  }

  /** Has instances that ended let go of their network interfaces, as the local AWS does; moto has them keep them. */
  private async release(instances: string[]): Promise<void> {
    const ec2 = new EC2({ ...this.reach, endpoint: this.moto });
    const Filters = [{ Name: "attachment.instance-id", Values: instances }];
    const { NetworkInterfaces = [] } = await ec2.describeNetworkInterfaces({ Filters });
    const release = NetworkInterfaces.map(({ NetworkInterfaceId, Attachment }) => ({
      id: NetworkInterfaceId!,
      attachment: {
        instanceId: Attachment!.InstanceId!,
        deleteOnTermination: Attachment!.DeleteOnTermination ?? false,
      },
    }));
    const changes = { create: [], regroup: [], remove: [], release: release as unknown as NetworkInterface[] };
    await this.changes.take(() => changeInterfaces(ec2, changes));
  }

  private async forward({ method, url: path, headers: asked }: IncomingMessage, body: Buffer) {
    const { hostname, port } = new URL(this.moto);
    const headers = { ...asked, "content-length": String(body.length) };
    for (const name of ["transfer-encoding", "connection", "expect"]) delete headers[name as keyof typeof headers];
    const outgoing = httpRequest({ hostname, port, method, path, headers, agent: this.agent });
    outgoing.end(body);
    const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
    const content = await buffer(answer);
    const told = { ...answer.headers, "content-length": String(content.length) };
    delete told["transfer-encoding"];
    return { status: answer.statusCode ?? 502, headers: told, content };
  }
}
