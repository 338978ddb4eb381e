import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Cloud, Instance } from "../model/model";
import { metadataTree, readTree, type RoleAccess } from "./metadata";
import { SessionTokens } from "./token";

export interface ImdsSource {
  /** What there is just now. */
  cloud(): Cloud;
  /** The running instance that has the address. */
  instanceAt(vpcId: string, address: string): Instance | undefined;
  /** What time it is, as the instance is to see it. */
  now(instance: Instance): Date;
  account: string;
  role(instance: Instance): Promise<RoleAccess | undefined>;
  userData(instance: Instance): Promise<Buffer | undefined>;
  log(line: string): void;
}

interface Answer {
  status: number;
  body?: string | Buffer;
  headers?: Record<string, string>;
}

/**
 * The instance metadata service. HAProxy, which is in every VPC, tells who asks: the VPC in X-Local-Vpc, the host's
 * address in X-Forwarded-For. Neither can be forged by a host.
 */
export function imdsServer(source: ImdsSource): Server {
  const tokens = new SessionTokens();
  return createServer((request, response) => {
    answer(request, source, tokens)
      .catch((error: Error): Answer => {
        source.log(`instance metadata ${request.method} ${request.url}: ${error.message}`);
        return { status: 500 };
      })
      .then(({ status, body = "", headers }) => {
        response.writeHead(status, { "Content-Type": "text/plain", Server: "EC2ws", ...headers });
        response.end(body);
      });
  });
}

async function answer(request: IncomingMessage, source: ImdsSource, tokens: SessionTokens): Promise<Answer> {
  const instance = source.instanceAt(header(request, "x-local-vpc") ?? "", header(request, "x-forwarded-for") ?? "");
  if (!instance) return { status: 404 };
  const told = await answerTo(instance, request, source, tokens);
  return { ...told, headers: { Date: source.now(instance).toUTCString(), ...told.headers } };
}

async function answerTo(
  instance: Instance,
  request: IncomingMessage,
  source: ImdsSource,
  tokens: SessionTokens,
): Promise<Answer> {
  if (!instance.metadata.enabled) return { status: 403 };
  const [version, ...path] = new URL(request.url ?? "/", "http://imds").pathname
    .split("/")
    .filter(Boolean)
    .map(decodeURIComponent);

  if (request.method === "PUT" && version === "latest" && path.join("/") === "api/token") {
    const ttl = header(request, "x-aws-ec2-metadata-token-ttl-seconds");
    const token = tokens.issue(instance.id, ttl);
    if (token === undefined || ttl === undefined) return { status: 400 };
    return { status: 200, body: token, headers: { "X-Aws-Ec2-Metadata-Token-Ttl-Seconds": ttl } };
  }
  if (request.method !== "GET" && request.method !== "HEAD") return { status: 405 };

  const token = header(request, "x-aws-ec2-metadata-token");
  if (token === undefined ? instance.metadata.tokensRequired : !tokens.accepts(instance.id, token)) {
    return { status: 401 };
  }
  if (version === undefined) return { status: 200, body: "latest" };
  if (version !== "latest" && !/^\d{4}-\d{2}-\d{2}$/.test(version)) return { status: 404 };
  if (path[0] === "user-data") {
    const data = await source.userData(instance);
    return data
      ? { status: 200, body: data, headers: { "Content-Type": "application/octet-stream" } }
      : { status: 404 };
  }
  // Who asks for something else need not wait for IAM.
  const role = path.length < 2 || path[1] === "iam" ? await source.role(instance) : undefined;
  const body = await readTree(metadataTree(source.cloud(), instance, source.account, role), path);
  return body === undefined ? { status: 404 } : { status: 200, body };
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}
