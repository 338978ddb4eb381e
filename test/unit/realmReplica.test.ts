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

/** Opens a realm at this address. @returns where it is open, or what it was told at its first two attempts. */
function open(address: string): Promise<string | string[]> {
  const [host, port] = address.split(":");
  const said: string[] = [];
  return new Promise((resolve) => {
    const end = (result: string | string[]) => {
      replica.close();
      resolve(result);
    };
    const replica = new Replica({
      ...{ host, port: Number(port), path: "/room", token: "t" },
      log: (message: string) => said.push(message) === 2 && end(said),
      changed: () => undefined,
    });
    replica.opened.then(() => end(`${replica.host}:${replica.port}`));
  });
}

test("a realm is opened at the master that a former one names", async () => {
  const now = await master();
  expect(await open(await formerMaster(now))).toBe(now);
});

test("a former master that does not know another one is asked again", async () => {
  const former = await formerMaster();
  const told = `connection to ${former} for /room: ${former} answered 503 for /room`;
  expect(await open(former)).toEqual([told, told]);
});
