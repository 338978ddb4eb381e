/** How the SDK stand-in finds the master while a realm is being opened, when ROS cannot tell it yet. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

/* eslint-disable @typescript-eslint/no-require-imports -- The stand-ins are packages for Node.js 8. */
const { Replica } = require("../../local/realm/packages/realm/lib/replica");

const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close()));

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A worker that serves an empty realm. */
function master(): Promise<string> {
  const server = createServer();
  new WebSocketServer({ server }).on("connection", (client) => client.send(JSON.stringify({ upTo: 0 })));
  return listen(server);
}

/** One that is no master any more, and says who is, or does not know. */
function formerMaster(successor?: string): Promise<string> {
  const told = successor === undefined ? "" : `X-Master: ${successor}\r\n`;
  const server = createServer().on("upgrade", (_, socket) =>
    socket.end(`HTTP/1.1 503 Not The Master\r\nConnection: close\r\n${told}\r\n`),
  );
  return listen(server);
}

/** Opens a realm at this address. @returns where it is open, or what it was told on the way, after a while. */
async function open(address: string): Promise<string> {
  const [host, port] = address.split(":");
  const said: string[] = [];
  const replica = new Replica({
    ...{ host, port: Number(port), path: "/room", token: "t" },
    log: (message: string) => said.push(message),
    changed: () => undefined,
  });
  const late = new Promise((resolve) => setTimeout(resolve, 700));
  const isOpen = await Promise.race([replica.opened.then(() => true), late]);
  replica.close();
  return isOpen ? `${replica.host}:${replica.port}` : said[0];
}

test("a realm is opened at the master that a former one names", async () => {
  const now = await master();
  expect(await open(await formerMaster(now))).toBe(now);
});

test("a former master that does not know another one is asked again", async () => {
  const former = await formerMaster();
  expect(await open(former)).toBe(`connection to ${former} for /room: ${former} answered 503 for /room`);
});
