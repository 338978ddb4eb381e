// @ts-check
"use strict";

/** How a server ends that others may be asking. Runs on Node.js 8. */
const { delay } = require("realm-object-server");
const { fatal } = require("./member");

/**
 * Has SIGTERM end the requests that are under way before the services, and take no connections from then on. ROS would stop the services
 * first, answer 401 to what it is asked then, and wait for connections that the load balancer keeps open. It listens until then: core
 * services ask themselves for what they are asked.
 *
 * @param {import("realm-object-server").BasicServer} server
 * @param {number} leaveMs how long requests may take to end
 */
function leaveGracefully(server, leaveMs) {
  const http = server["httpServer"];
  const sockets = new Set();
  const asked = new Set();
  let leaving = false;
  http.on("connection", (/** @type {any} */ socket) => {
    sockets.add(socket.on("close", () => sockets.delete(socket)));
  });
  http.on("request", (/** @type {any} */ { socket }, /** @type {any} */ response) => {
    asked.add(socket);
    const end = () => {
      asked.delete(socket);
      if (leaving) socket.destroy();
    };
    response.on("finish", end).on("close", end);
  });
  process.removeAllListeners("SIGTERM").on("SIGTERM", async () => {
    for (const deadline = Date.now() + leaveMs; asked.size && Date.now() < deadline;) await delay(50);
    leaving = true;
    http.close();
    for (const socket of sockets) if (!asked.has(socket)) socket.destroy();
    await server.shutdown().catch((/** @type {Error} */ { stack }) => fatal(`${stack}`, 1));
    process.exit(0);
  });
}

module.exports = { leaveGracefully };
