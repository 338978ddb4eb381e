/** Services of which a few calls are needed, by their wire protocols: their clients of the SDK are larger than all of the stand-ins. */
import type { STS } from "@aws-sdk/client-sts";
import { DOMParser, type Element } from "@xmldom/xmldom";
import { setTimeout as delay } from "node:timers/promises";
import type { Value, Values } from "../core/wire";
import { passes } from "./errors";

/** How a service is called: by the name that calls are signed for, in JSON (`target`) or by the query protocol (`version`). */
const SERVICES = {
  cloudwatch: { signed: "monitoring", target: "GraniteServiceVersion20100801", jsonVersion: "1.0" },
  logs: { signed: "logs", target: "Logs_20140328", jsonVersion: "1.1" },
  sns: { signed: "sns", version: "2010-03-31" },
} as const;

export type WireService = keyof typeof SERVICES;

/** The API of one service in one region. */
export class WireApi {
  /**
   * @param signer a client of the SDK, which has credentials and knows how to sign
   * @param maxAttempts how often a call is made that AWS refuses for the moment
   * @param endpoint where the service is; AWS's own place without one
   */
  constructor(
    private readonly service: WireService,
    private readonly region: string,
    private readonly signer: STS,
    private readonly maxAttempts: number,
    private readonly endpoint = process.env.AWS_ENDPOINT_URL,
  ) {}

  /**
   * Makes a call.
   * @returns what the service answers
   * @throws as clients of the SDK do: an error whose name is the service's code for it
   */
  async call(action: string, input: Values): Promise<Values> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.ask(action, input);
      } catch (error) {
        if (attempt >= this.maxAttempts || !passes(error)) throw error;
      }
      // As clients of the SDK do: up to twice as long each time, for at most 20 seconds.
      await delay(Math.random() * Math.min(500 * 2 ** (attempt - 1), 20_000));
    }
  }

  private async ask(action: string, input: Values): Promise<Values> {
    const { signed } = SERVICES[this.service];
    const url = new URL(this.endpoint ?? `https://${signed}.${this.region}.amazonaws.com`);
    const { headers, body } = this.encode(action, input);
    const signer = await this.signer.config.signer({
      name: "sigv4",
      signingName: signed,
      signingRegion: this.region,
      properties: {},
    });
    const request = await signer.sign({
      method: "POST",
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port && { port: Number(url.port) }),
      path: "/",
      query: {},
      headers: { ...headers, host: url.host },
      body,
    });
    const answer = await fetch(url, { method: "POST", headers: request.headers, body });
    const text = await answer.text();
    if (!answer.ok) throw this.failure(action, answer, text);
    return this.decode(action, text);
  }

  private encode(action: string, input: Values): { headers: Record<string, string>; body: string } {
    const service = SERVICES[this.service];
    if ("target" in service) {
      const headers = {
        "content-type": `application/x-amz-json-${service.jsonVersion}`,
        "x-amz-target": `${service.target}.${action}`,
      };
      return { headers, body: JSON.stringify(input) };
    }
    const fields = [["Action", action], ["Version", service.version], ...flat(input)];
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return { headers, body: new URLSearchParams(fields).toString() };
  }

  private decode(action: string, text: string): Values {
    if ("target" in SERVICES[this.service]) return (text ? JSON.parse(text) : {}) as Values;
    const [result] = parse(text).getElementsByTagName(`${action}Result`);
    const value = result && read(result);
    return typeof value === "object" ? (value as Values) : {};
  }

  private failure(action: string, { status, headers }: Response, text: string): Error {
    const query = !("target" in SERVICES[this.service]);
    const [error] = query && text.startsWith("<") ? parse(text).getElementsByTagName("Error") : [];
    const told = (error ? read(error) : query || !text.startsWith("{") ? {} : JSON.parse(text)) as Record<
      string,
      string | undefined
    >;
    const code = told.Code ?? told.__type?.split("#").at(-1) ?? `HTTP ${status}`;
    return Object.assign(new Error(told.Message ?? told.message ?? code), {
      name: code,
      operation: `${{ cloudwatch: "CloudWatch", logs: "CloudWatch Logs", sns: "SNS" }[this.service]}: ${action}`,
      $metadata: { httpStatusCode: status, requestId: headers.get("x-amzn-requestid") ?? "" },
    });
  }
}

/** The fields of a form: lists as `Name.member.1`, objects as `Name.Key`. */
function flat(input: Value, path = ""): string[][] {
  if (input === undefined || input === null) return [];
  if (Array.isArray(input)) return input.flatMap((item, index) => flat(item, `${path}.member.${index + 1}`));
  if (typeof input !== "object") return [[path, String(input)]];
  return Object.entries(input).flatMap(([key, value]) => flat(value as Value, path ? `${path}.${key}` : key));
}

const parse = (text: string) => new DOMParser().parseFromString(text, "text/xml");

/** What an element of an answer says: a text, a list of its members, or an object. */
function read(element: Element): Value {
  const children = [...element.childNodes].filter((node): node is Element => node.nodeType === node.ELEMENT_NODE);
  if (children.length === 0) return element.textContent ?? "";
  if (children[0].nodeName === "member") return children.map(read);
  const entries = children.map((child): [string, Value] => {
    if (child.nodeName !== "entry") return [child.nodeName, read(child)];
    const { key, value } = read(child) as { key: string; value: Value };
    return [key, value];
  });
  return Object.fromEntries(entries);
}
