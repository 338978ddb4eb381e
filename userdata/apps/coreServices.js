// @ts-check
"use strict";

/**
 * Realm core services behind the load balancer: log-in, permissions, the sync proxy, the welcome page. Keeps nothing
 * that the sync workers do not have. Runs on Node.js 8.
 *
 * Credentials, besides those of every member: ros-default-password.
 */
const http = require("http");
const {
  All,
  AuthService,
  BaseRoute,
  BasicServer,
  HealthService,
  LogService,
  PermissionsService,
  StatsService,
  SyncProxyService,
  WelcomeService,
  auth,
  errors,
  timeout,
} = require("realm-object-server");
const { fatal, member, run, secret } = require("./member");

const DIRECTORY_TIMEOUT_MS = 1000;

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
 * another.
 */
class RealmDirectoryGateway {
  /** @param {BasicServer} server */
  constructor(server) {
    this.server = server;
  }

  /** @param {any} request @param {any} response */
  async forward(request, response) {
    // From what the discovery has heard last, so that it works while Consul does not.
    const directory = await timeout(this.server.discovery.waitForService("realms"), DIRECTORY_TIMEOUT_MS).catch(() => {
      throw new errors.realm.ServiceUnavailable();
    });
    // ROS has read the body already; the directory takes JSON or nothing.
    const body = ["GET", "DELETE"].includes(request.method) ? "" : JSON.stringify(request.body);
    const headers = Object.assign({}, request.headers, { "content-length": Buffer.byteLength(body) });
    delete headers["transfer-encoding"];
    await new Promise((resolve, reject) => {
      const { address, port } = directory;
      const onward = http.request(
        { host: address, port, method: request.method, path: request.originalUrl, headers },
        (answer) => {
          response.writeHead(answer.statusCode, answer.headers);
          answer.pipe(response).on("finish", resolve);
        },
      );
      onward.on("error", () => reject(new errors.realm.ServiceUnavailable()));
      onward.end(body);
    });
  }
}
// Node.js 8 has no decorator syntax; a decorator is a function.
BaseRoute("/realms", { allowAnonymous: false })(RealmDirectoryGateway);
All("*")(RealmDirectoryGateway.prototype, "forward", {});

/**
 * SyncProxyService remembers for ever that a label had no master when it was first asked for, and answers 503 until the
 * process ends. This one forgets that, so that the next client looks again.
 */
function syncProxy() {
  const proxy = new SyncProxyService();
  const find = proxy["getBackend"].bind(proxy);
  proxy["getBackend"] = /** @param {string} label */ (label) => {
    const backend = find(label);
    backend.catch(() => delete proxy["backendPromises"][label]);
    return backend;
  };
  return proxy;
}

run(async () => {
  const config = member();
  const { discovery, logger } = config;
  // The password of the user realm-admin: PasswordAuthProvider takes it from there, and an empty one if there is none.
  process.env.ROS_DEFAULT_PASSWORD = secret("ros-default-password");

  // BasicServer gives up after a time without these and leaves its registrations behind: wait while there is nothing to
  // leave.
  logger.info("waiting for a sync master of the label default, which has the system realms");
  await discovery.waitForService("sync", ["role=master", "label=default"]);
  logger.info("waiting for the realm directory");
  await discovery.waitForService("realms");

  const authService = new AuthService();
  authService.addProvider(new PasswordAuthProvider({ autoCreateAdminUser: true }));
  const server = new BasicServer();
  const services = [
    syncProxy(),
    authService,
    new RealmDirectoryGateway(server),
    new PermissionsService(),
    new LogService(),
    new HealthService(),
    new StatsService(),
    new WelcomeService(),
  ];
  await server.start(Object.assign(config, { services }));
  // Node 8 counts the time for a request's headers from the end of the request before, so that it has to be longer still.
  Object.assign(server["httpServer"], { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: KEEP_ALIVE_MS + 60 * 1000 });
});
