import { createServer, type Server } from "node:http";
import send from "send";

/** The internet, as far as hosts reach it: names, each with a directory of files. */
export function internetServer(sites: Record<string, string>): Server {
  return createServer((request, response) => {
    const name = (request.headers.host ?? "").split(":")[0];
    const root = Object.hasOwn(sites, name) ? sites[name] : undefined;
    if (root === undefined) {
      response.writeHead(404, { "Content-Type": "text/plain" });
      response.end(`nothing is known of ${name}\n`);
      return;
    }
    send(request, new URL(request.url ?? "/", "http://internet").pathname, { root }).pipe(response);
  });
}
