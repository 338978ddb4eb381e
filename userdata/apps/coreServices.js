// @ts-check
"use strict";

/**
 * Realm core services behind the load balancer: log-in, permissions, the sync proxy, the welcome page. Keeps nothing
 * that the sync workers do not have. Runs on Node.js 8.
 *
 * Environment: CONSUL_HOST and CONSUL_PORT (the agent of this host), ROS_ADDRESS (what others reach this host by),
 * ROS_PORT, ROS_DATA_PATH, ROS_LOG_LEVEL, and CREDENTIALS_DIRECTORY with the files auth-key, auth-pub, feature-token
 * and ros-default-password. Exit status: 78 when one of these is missing; 1 when the server cannot start.
 */
const fs = require("fs");
const http = require("http");
const path = require("path");
const {
  All,
  AuthService,
  BaseRoute,
  BasicServer,
  ConsoleLogger,
  HealthService,
  LogService,
  PermissionsService,
  StatsService,
  SyncProxyService,
  WelcomeService,
  auth,
  errors,
  stats,
  timeout,
} = require("realm-object-server");
const { ConsulDiscovery } = require("realm-object-server-enterprise");

const EX_CONFIG = 78;
const DIRECTORY_TIMEOUT_MS = 1000;

/** @param {string} reason @param {number} status @returns {never} */
function fatal(reason, status) {
  console.error(`fatal: ${reason}`);
  return process.exit(status);
}

/** @param {string} name */
function setting(name) {
  return process.env[name] || fatal(`the environment variable ${name} is not set`, EX_CONFIG);
}

/** @param {string} name @returns {string} the path of a credential that systemd passes. */
function credential(name) {
  const file = path.join(setting("CREDENTIALS_DIRECTORY"), name);
  return fs.existsSync(file) ? file : fatal(`the credential ${name} is missing: there is no ${file}`, EX_CONFIG);
}

/** @param {string} name */
function secret(name) {
  return fs.readFileSync(credential(name), "utf8").trim() || fatal(`the credential ${name} is empty`, EX_CONFIG);
}

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

async function main() {
  const logLevel = setting("ROS_LOG_LEVEL");
  const logger = new ConsoleLogger(logLevel);
  const privateKeyPath = credential("auth-key");
  const publicKeyPath = credential("auth-pub");
  const featureToken = secret("feature-token");
  // The password of the user realm-admin: PasswordAuthProvider takes it from there, and an empty one if there is none.
  process.env.ROS_DEFAULT_PASSWORD = secret("ros-default-password");
  const discovery = new ConsulDiscovery({
    consulHost: setting("CONSUL_HOST"),
    consulPort: Number(setting("CONSUL_PORT")),
    advertiseAddress: setting("ROS_ADDRESS"),
    logger,
  });

  // BasicServer gives up after a time without these and leaves its registrations behind: wait while there is nothing to
  // leave.
  logger.info("waiting for a sync master of the label default, which has the system realms");
  await discovery.waitForService("sync", ["role=master", "label=default"]);
  logger.info("waiting for the realm directory");
  await discovery.waitForService("realms");

  const authService = new AuthService();
  authService.addProvider(new PasswordAuthProvider({ autoCreateAdminUser: true }));
  const server = new BasicServer();
  await server.start({
    discovery,
    logger,
    logLevel,
    dataPath: setting("ROS_DATA_PATH"),
    address: "0.0.0.0",
    port: setting("ROS_PORT"),
    privateKeyPath,
    publicKeyPath,
    featureToken,
    // A missing key must stop the node: a key of its own would shut it out of the cluster.
    autoKeyGen: false,
    // The admin token is minted where the cluster is planned; a copy on each disk is one too many.
    writeAdminTokenToJson: false,
    statsSink: new stats.PrometheusStatsSink(),
    statsStorage: new stats.NullStatsStorage(),
    services: [
      syncProxy(),
      authService,
      new RealmDirectoryGateway(server),
      new PermissionsService(),
      new LogService(),
      new HealthService(),
      new StatsService(),
      new WelcomeService(),
    ],
  });
}

main().catch((error) => fatal(error.stack, 1));
