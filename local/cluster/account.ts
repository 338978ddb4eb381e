/** What an account has before a cluster is deployed to it, where the stack's configuration names it: a certificate, a hosted zone. */
import { ACMClient, paginateListCertificates, RequestCertificateCommand } from "@aws-sdk/client-acm";
import { CreateHostedZoneCommand, ListHostedZonesByNameCommand, Route53Client } from "@aws-sdk/client-route-53";
import type { StackConfig } from "./engine";
import type { LocalAws } from "./localAws";

/** Values of the configuration that are other ones in the local account. */
export interface LocalAccount {
  loadBalancer?: { certificateArn: string };
  dns?: { zoneId: string };
}

/** Makes what the configuration names and the local account does not have yet. */
export async function prepareAccount(client: LocalAws["client"], committed: StackConfig): Promise<LocalAccount> {
  const { domain } = (committed["realm-cluster:loadBalancer"] ?? {}) as { domain?: string };
  const { zoneId } = (committed["realm-cluster:dns"] ?? {}) as { zoneId?: string };
  if (domain === undefined) return {};
  return {
    loadBalancer: { certificateArn: await certificate(new ACMClient(client), domain) },
    ...(zoneId !== undefined && { dns: { zoneId: await hostedZone(new Route53Client(client), domain) } }),
  };
}

async function certificate(client: ACMClient, domain: string): Promise<string> {
  for await (const { CertificateSummaryList = [] } of paginateListCertificates({ client }, {})) {
    const found = CertificateSummaryList.find(({ DomainName }) => DomainName === domain);
    if (found) return found.CertificateArn!;
  }
  const request = new RequestCertificateCommand({ DomainName: domain, ValidationMethod: "DNS" });
  return (await client.send(request)).CertificateArn!;
}

/** The zone of the domain's parent: `example.com` for `realm.example.com`. */
async function hostedZone(client: Route53Client, domain: string): Promise<string> {
  const name = domain.slice(domain.indexOf(".") + 1);
  const { HostedZones = [] } = await client.send(new ListHostedZonesByNameCommand({ DNSName: name }));
  const found = HostedZones.find((zone) => zone.Name === `${name}.`);
  const { Id } =
    found ?? (await client.send(new CreateHostedZoneCommand({ Name: name, CallerReference: domain }))).HostedZone!;
  return Id!.replace("/hostedzone/", "");
}
