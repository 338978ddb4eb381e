import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

/** What came of asking once. */
export type Answer = { ok: true } | { ok: false; reason: string };

const ATTEMPT_MS = 10_000;

/**
 * Asks a URL once. Never throws: that nothing answers is an answer.
 *
 * @param url what to ask
 * @param serverName the name to ask it by and that its certificate must have, when that is not the URL's own
 * @param ca the authority to trust, as PEM, instead of those that Node.js trusts
 */
export function ask(url: URL, serverName?: string, ca?: string): Promise<Answer> {
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  const naming = serverName ? { servername: serverName, headers: { host: serverName } } : {};
  return new Promise((resolve) => {
    const unanswered = (error: NodeJS.ErrnoException) => resolve({ ok: false, reason: explain(error) });
    const outgoing = request(url, { ...naming, ca, signal: AbortSignal.timeout(ATTEMPT_MS) }, (response) => {
      response.resume();
      response.on("error", unanswered);
      response.on("end", () => {
        resolve(
          response.statusCode === 200 ? { ok: true } : { ok: false, reason: `it answered ${response.statusCode}` },
        );
      });
    });
    outgoing.on("error", unanswered);
    outgoing.end();
  });
}

function explain(error: NodeJS.ErrnoException): string {
  if (error.name === "AbortError" || error.name === "TimeoutError" || error.code === "ABORT_ERR") {
    return "it did not answer: is this machine among loadBalancer.allowedCidrs?";
  }
  return `it could not be reached: ${error.message}`;
}
