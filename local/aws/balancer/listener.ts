import type { Action, Listener } from "../model/model";

/** A load balancer's listener: where it is bound, and what it does. */
export interface BalancerListener {
  /** Of HAProxy's frontend. */
  name: string;
  listener: Listener;
  idleTimeoutSeconds: number;
  /** On this machine, for what comes from the internet; none where no security group lets anyone in. */
  publicAddress?: string;
  /** The load balancer's interfaces in its VPC. */
  addresses: string[];
  namespace: string;
  /** Certificate and key of an HTTPS listener. */
  certificate?: string;
  /** Backend that a forward goes to. */
  backend?: string;
}

/** Renders one listener as HAProxy's frontend. */
export function renderListener(spec: BalancerListener): string[] {
  const { listener } = spec;
  const tls = spec.certificate ? ` ssl crt ${spec.certificate} alpn h2,http/1.1` : "";
  return [
    `frontend ${spec.name}`,
    ...(spec.publicAddress ? [`  bind ${spec.publicAddress}:${listener.port}${tls}`] : []),
    ...spec.addresses.map((address) => `  bind ${address}:${listener.port} namespace ${spec.namespace}${tls}`),
    `  timeout client ${spec.idleTimeoutSeconds}s`,
    "  option forwardfor",
    `  http-request set-header X-Forwarded-Proto ${listener.protocol.toLowerCase()}`,
    `  http-request set-header X-Forwarded-Port ${listener.port}`,
    "  http-request set-header X-Amzn-Trace-Id Root=1-%[date,hex,bytes(8,8),lower]-%[uuid,regsub(-,,g),bytes(0,24)] unless { req.hdr(X-Amzn-Trace-Id) -m found }",
    ...renderAction(listener.action, spec),
    "",
  ];
}

function renderAction(action: Action, spec: BalancerListener): string[] {
  if (action.type === "forward") {
    // Where no target is healthy, any may get a request: a load balancer of AWS fails open. A process that another one takes over from counts
    // no target at all, healthy or not, for the requests that have reached it before.
    return [
      `  use_backend ${spec.backend}-open if { nbsrv(${spec.backend}) eq 0 } !{ stopping }`,
      `  default_backend ${spec.backend}`,
    ];
  }
  if (action.type === "fixed-response") {
    const body = action.body.replace(/["\\]/g, "\\$&");
    return [`  http-request return status ${action.status} content-type "${action.contentType}" string "${body}"`];
  }
  return [`  http-request redirect code ${action.status} location ${redirectTarget(action, spec.listener)}`];
}

type Redirect = Extract<Action, { type: "redirect" }>;

/** The new address as HAProxy's log-format, with AWS's placeholders in its terms. */
function redirectTarget(redirect: Redirect, { protocol, port }: Listener): string {
  const fill = (text: string) =>
    text
      .replaceAll("#{protocol}", protocol.toLowerCase())
      .replaceAll("#{port}", String(port))
      .replaceAll("#{host}", "%[req.hdr(host),field(1,:)]")
      .replaceAll("/#{path}", "%[path]")
      .replaceAll("#{path}", "%[path,bytes(1)]")
      .replaceAll("#{query}", "%[query]");
  const query =
    redirect.query === "#{query}"
      ? "%[query,length,bool,iif(?,)]%[query]"
      : redirect.query && `?${fill(redirect.query)}`;
  const scheme = fill(redirect.protocol).toLowerCase();
  return `${scheme}://${fill(redirect.host)}:${fill(redirect.port)}${fill(redirect.path)}${query}`;
}
