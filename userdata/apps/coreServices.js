// @ts-check
"use strict";

/**
 * Realm core services behind the load balancer: log-in, permissions, the sync proxy, the welcome page. Keeps nothing
 * that the sync workers do not have. Runs on Node.js 8.
 *
 * Credentials, besides those of every member: ros-default-password. Environment: GRAPHQL, `true` to serve GraphQL too.
 */
const http = require("http");
const {
  All,
  AuthService,
  BaseRoute,
  BasicServer,
  LogService,
  PermissionsService,
  StatsService,
  SyncProxyService,
  TimeoutError,
  WelcomeService,
  auth,
  delay,
  errors,
  timeout,
} = require("realm-object-server");
const { leaveGracefully } = require("./leave");
const { keepToMasters } = require("./masters");
const { fatal, member, run, secret } = require("./member");
const { regionHealth } = require("./regionHealth");

/** How long a request waits for the realm directory while it moves to another host. */
const DIRECTORY_MOVES_MS = 45 * 1000;
/** A host that is gone answers no attempt to connect. */
const CONNECT_MS = 2000;
const RETRY_MS = 250;
/** How long requests may take to end when this server does; its unit allows more. */
const LEAVE_MS = 15 * 1000;

/**
 * Longer than the load balancer may keep an idle connection to this server (4000 s is the most that AWS takes): were this server
 * the first to close one, the load balancer would answer a request that is on its way with 502. Node's own is 5 s.
 */
const KEEP_ALIVE_MS = 4060 * 1000;

/**
 * Logs in by user name and password. AuthService only logs that a provider did not start, and would refuse every log-in
 * from then on.
 */
class PasswordAuthProvider extends auth.PasswordAuthProvider {
  start() {
    return super
      .start()
      .catch((error) => fatal(`the password provider cannot start: ${error.message || JSON.stringify(error)}`, 1));
  }
}

/**
 * Serves /realms, which Realm Studio asks, from the realm directory: one process in the cluster, on this node or on
 * another. While it moves, requests wait.
 */
class RealmDirectoryGateway {
  /** @param {(name: string) => Promise<{address: string, port: number}>} find */
  constructor(find) {
    this.find = find;
  }

  /** @param {any} request @param {any} response */
  async forward(request, response) {
    for (const deadline = Date.now() + DIRECTORY_MOVES_MS; ; await delay(RETRY_MS)) {
      const left = deadline - Date.now();
      // From what the discovery has heard last, so that it works while Consul does not.
      const directory = left > 0 && (await timeout(this.find("realms"), left).catch(() => false));
      if (!directory) throw new errors.realm.ServiceUnavailable();
      if (await this.ask(directory, request, response)) return;
    }
  }

  /**
   * @param {any} directory @param {any} request @param {any} response
   * @returns {Promise<boolean>} whether it has answered; if not, the request may be sent again.
   */
  ask({ address, port }, { method, originalUrl, headers, body }, response) {
    // ROS has read the body already; the directory takes JSON or nothing.
    const text = ["GET", "DELETE"].includes(method) ? "" : JSON.stringify(body);
    const onward = Object.assign({}, headers, { "content-length": Buffer.byteLength(text) });
    delete onward["transfer-encoding"];
    return new Promise((resolve, reject) => {
      let connected = false;
      const asking = http.request({ host: address, port, method, path: originalUrl, headers: onward }, (answer) => {
        // A directory that is about to end.
        if (Number(answer.statusCode) >= 500 && method === "GET")
          return answer.resume().on("end", () => resolve(false));
        response.writeHead(answer.statusCode, answer.headers);
        answer.on("aborted", () => response.destroy()).pipe(response);
        response.on("close", () => resolve(true)).on("finish", () => resolve(true));
      });
      asking.on("socket", (socket) =>
        socket
          .setTimeout(CONNECT_MS, () => asking.abort())
          .on("connect", () => {
            connected = true;
            socket.setTimeout(0);
          }),
      );
      asking.on("error", () => {
        // It may have done already what it was asked for.
        if (connected && method !== "GET") reject(new errors.realm.ServiceUnavailable());
        else resolve(false);
      });
      asking.end(text);
    });
  }
}
// Node.js 8 has no decorator syntax; a decorator is a function.
BaseRoute("/realms", { allowAnonymous: false })(RealmDirectoryGateway);
All("*")(RealmDirectoryGateway.prototype, "forward", {});

/**
 * SyncProxyService remembers for ever that a label had no master when it was first asked for, and answers 503 until the
 * process ends. This one forgets that, so that the next client looks again. It also gives a directory that moves more
 * than one second.
 */
function syncProxy() {
  const proxy = new SyncProxyService();
  keepToMasters(proxy);
  const find = proxy["getBackend"].bind(proxy);
  proxy["getBackend"] = /** @param {string} label */ (label) => {
    const backend = find(label);
    backend.catch(() => delete proxy["backendPromises"][label]);
    return backend;
  };
  const labelOf = proxy["parseTokenAndGetLabel"].bind(proxy);
  proxy["parseTokenAndGetLabel"] = /** @param {any[]} asked */ async (...asked) => {
    for (const deadline = Date.now() + DIRECTORY_MOVES_MS; ; await delay(RETRY_MS)) {
      try {
        return await labelOf(...asked);
      } catch (/** @type {any} */ error) {
        if (!(error instanceof TimeoutError) || Date.now() > deadline) throw error;
      }
    }
  };
  return proxy;
}

run(async () => {
  const config = member();
  const { discovery, logger } = config;
  const optional = process.env.GRAPHQL === "true" ? [require("./graphql").graphql()] : [];
  // The password of the user realm-admin: PasswordAuthProvider takes it from there, and an empty one if there is none.
  process.env.ROS_DEFAULT_PASSWORD = secret("ros-default-password");

  // BasicServer gives up after a time without these and leaves its registrations behind: wait while there is nothing to
  // leave.
  logger.info("waiting for a sync master of the label default, which has the system realms");
  await discovery.waitForService("sync", ["role=master", "label=default"]);
  logger.info("waiting for the realm directory");
  await discovery.waitForService("realms");

  // Whoever asks for the directory on this node asks the gateway, which waits while it moves.
  const find = discovery.waitForService.bind(discovery);
  const gateway = { name: "realms", tags: [], address: "127.0.0.1", port: Number(config.port) };
  discovery.waitForService = async (name, tags) => (name === "realms" ? gateway : find(name, tags));

  const authService = new AuthService();
  authService.addProvider(new PasswordAuthProvider({ autoCreateAdminUser: true }));
  const server = new BasicServer();
  const services = [
    syncProxy(),
    authService,
    new RealmDirectoryGateway(find),
    new PermissionsService(),
    new LogService(),
    regionHealth(logger),
    new StatsService(),
    new WelcomeService(),
    ...optional,
  ];
  await server.start(Object.assign(config, { services }));
  // Node 8 counts the time for a request's headers from the end of the request before, so that it has to be longer still.
  Object.assign(server["httpServer"], { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: KEEP_ALIVE_MS + 60 * 1000 });
  leaveGracefully(server, LEAVE_MS);
});
