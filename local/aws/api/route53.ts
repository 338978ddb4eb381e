/** Route 53 is a REST API: which operation a call is, its method and path say. Those that change something, by what ends the path. */
const OPERATIONS: { method: string; path: RegExp; action: string }[] = [
  { method: "POST", path: /\/hostedzone$/, action: "CreateHostedZone" },
  { method: "DELETE", path: /\/hostedzone\/[^/]+$/, action: "DeleteHostedZone" },
  { method: "POST", path: /\/hostedzone\/[^/]+\/rrset\/?$/, action: "ChangeResourceRecordSets" },
  { method: "POST", path: /\/hostedzone\/[^/]+\/associatevpc\/?$/, action: "AssociateVPCWithHostedZone" },
  { method: "POST", path: /\/hostedzone\/[^/]+\/disassociatevpc\/?$/, action: "DisassociateVPCFromHostedZone" },
];

/** The name of the operation; empty for those that change no zone. */
export function route53Action(method: string, url: string): string {
  const [path] = url.split("?");
  return OPERATIONS.find((operation) => operation.method === method && operation.path.test(path))?.action ?? "";
}
