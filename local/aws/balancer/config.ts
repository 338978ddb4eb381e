import type { TargetGroup } from "../model/model";
import { INTERNET_ADDRESS, METADATA_ADDRESS, SERVICES_ADDRESS } from "../network/addresses";
import { renderListener, type BalancerListener } from "./listener";

/** Everything that HAProxy serves, as plain values. */
export interface BalancerSpec {
  files: {
    /** Runtime API. */
    socket: string;
    /** State of the servers, read at a start. */
    serverState: string;
    /** Certificate and key for the names that hosts know. */
    certificate: string;
    imdsSocket: string;
    internetSocket: string;
  };
  /** The API front, on this machine's loopback. */
  apiPort: number;
  vpcs: BalancedVpc[];
  listeners: BalancerListener[];
  backends: Backend[];
  forwards: Forward[];
}

export interface BalancedVpc {
  id: string;
  namespace: string;
  /** Addresses of AWS's services inside of it. */
  endpoints: string[];
}

/** One load balancer's view of a target group. */
export interface Backend {
  name: string;
  group: TargetGroup;
  idleTimeoutSeconds: number;
  namespace: string;
  servers: Server[];
}

export interface Server {
  /** `i-...:port`. */
  name: string;
  address: string;
  port: number;
  /** The load balancer's address that it is reached from. */
  source: string;
}

/** A port of an instance's own loopback, brought to this machine's: what an SSM port-forwarding session does. */
export interface Forward {
  instanceId: string;
  namespace: string;
  address: string;
  port: number;
}

/** Renders HAProxy's configuration. */
export function renderBalancer(spec: BalancerSpec): string {
  return [
    "ring requests",
    "  format iso",
    "  maxlen 1024",
    "  size 65536",
    "global",
    "  log ring@requests local0",
    "  nbthread 1",
    "  maxconn 4000",
    `  stats socket ${spec.files.socket} mode 600 level admin expose-fd listeners`,
    `  server-state-file ${spec.files.serverState}`,
    "",
    "defaults",
    "  mode http",
    // Only those that failed.
    "  log global",
    "  option httplog",
    "  option dontlog-normal",
    "  timeout connect 5s",
    "  timeout client 60s",
    "  timeout server 60s",
    "  load-server-state-from-file global",
    "",
    "backend imds",
    `  server imds unix@${spec.files.imdsSocket}`,
    "backend api",
    `  server api 127.0.0.1:${spec.apiPort}`,
    "backend internet",
    `  server internet unix@${spec.files.internetSocket}`,
    "",
    ...spec.vpcs.flatMap((vpc) => renderVpc(vpc, spec.files.certificate)),
    ...spec.listeners.flatMap(renderListener),
    ...spec.backends.flatMap(renderBackend),
    ...spec.forwards.flatMap(renderForward),
    "",
  ].join("\n");
}

/** What every host of a VPC can ask for, whichever load balancers there are. */
function renderVpc({ id, namespace, endpoints }: BalancedVpc, certificate: string): string[] {
  const identify = [
    // A host could send these itself, and be taken for another.
    "  http-request del-header X-Forwarded-For",
    `  http-request set-header X-Local-Vpc ${id}`,
    "  option forwardfor",
  ];
  return [
    `frontend ${id}-imds`,
    `  bind ${METADATA_ADDRESS}:80 namespace ${namespace}`,
    ...identify,
    "  default_backend imds",
    `frontend ${id}-services`,
    ...[SERVICES_ADDRESS, ...endpoints].map(
      (address) => `  bind ${address}:443 namespace ${namespace} ssl crt ${certificate}`,
    ),
    ...identify,
    "  default_backend api",
    `frontend ${id}-internet`,
    `  bind ${INTERNET_ADDRESS}:80 namespace ${namespace}`,
    `  bind ${INTERNET_ADDRESS}:443 namespace ${namespace} ssl crt ${certificate}`,
    "  default_backend internet",
    "",
  ];
}

function renderBackend({ name, group, idleTimeoutSeconds, namespace, servers }: Backend): string[] {
  const { health } = group;
  const tls = group.protocol === "HTTPS" ? " ssl verify none" : "";
  const healthPort = health.port === "traffic-port" ? "" : ` port ${health.port}`;
  // The second is after an upgrade to WebSocket.
  const timeouts = [`  timeout server ${idleTimeoutSeconds}s`, `  timeout tunnel ${idleTimeoutSeconds}s`];
  const lines = servers.map(
    (server) =>
      `  server ${server.name} ${server.address}:${server.port} namespace ${namespace} source ${server.source}${tls}`,
  );
  return [
    `backend ${name}`,
    "  balance roundrobin",
    ...timeouts,
    `  timeout check ${health.timeoutSeconds}s`,
    "  option httpchk",
    `  http-check send meth GET uri "${health.path}" ver HTTP/1.1 hdr Host "${group.name}" hdr User-Agent ELB-HealthChecker/2.0 hdr Connection close`,
    `  http-check expect status ${health.matcher}`,
    // Thresholds are counted as AWS counts them; once a state begins to change, the checks that confirm it follow fast.
    `  default-server inter ${health.intervalSeconds}s fastinter 1s rise ${health.healthyThreshold} fall ${health.unhealthyThreshold}`,
    ...lines.map((line) => `${line} check${healthPort}`),
    "",
    `backend ${name}-open`,
    "  balance roundrobin",
    ...timeouts,
    // What could not be reached is told at once.
    "  retries 0",
    ...lines,
    "",
  ];
}

function renderForward({ instanceId, namespace, address, port }: Forward): string[] {
  return [
    `listen forward-${instanceId}-${port}`,
    "  mode tcp",
    "  timeout client 1h",
    "  timeout server 1h",
    `  bind ${address}:${port}`,
    `  server host 127.0.0.1:${port} namespace ${namespace}`,
    "",
  ];
}
