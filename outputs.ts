import * as pulumi from "@pulumi/pulumi";
import type { Host } from "./components/Host";
import type { LoadBalancer } from "./components/LoadBalancer";
import type { Plan } from "./plan";

/** One host, as the stack's output shows it. */
export interface HostOutput {
  name: string;
  address: string;
  zone: string;
  services: string[];
  instanceId: string;
  /** The SSM parameter in which the host reports its boot: `aws ssm get-parameter --name ...`. */
  bootReport: string;
  /** The command that opens a session on it. */
  session: string;
}

/** The hosts by the plan's order. */
export function hostOutputs(plan: Plan, hosts: Host[]): pulumi.Output<HostOutput[]> {
  return pulumi.all(
    plan.hosts.map(({ name, zone, services, bootReport }) => {
      const { address, instanceId } = find(hosts, name);
      return {
        name,
        address,
        zone,
        services: services.map((service) => service.name),
        instanceId,
        bootReport,
        session: pulumi.interpolate`aws ssm start-session --region ${plan.region} --target ${instanceId}`,
      };
    }),
  );
}

/** Commands for those who look at Consul, which answers nobody outside of its hosts. */
export interface ConsulCommands {
  /** Asks a Consul server who is in the cluster. */
  consulMembers: pulumi.Output<string>;
  /** Brings Consul's UI and API from a server's loopback to port 8500 of the machine that it runs on, for as long as it runs. */
  consulUi: pulumi.Output<string>;
  /** Shows the token with which one may do anything in Consul; without one the UI shows what its server may see. */
  consulToken: pulumi.Output<string>;
}

/** They go to the first host, which has a Consul server. */
export function consulCommands({ region, names }: Plan, hosts: pulumi.Output<HostOutput[]>): ConsulCommands {
  const session = (document: string, parameters: string) =>
    hosts.apply(([{ instanceId }]) =>
      [
        `aws ssm start-session --region ${region} --target ${instanceId}`,
        `--document-name ${document} --parameters ${parameters}`,
      ].join(" "),
    );
  const parameter = `--name ${names.secretPath}/consul-management --with-decryption --query Parameter.Value --output text`;
  return {
    consulMembers: session("AWS-StartInteractiveCommand", `'command=["consul members"]'`),
    consulUi: session("AWS-StartPortForwardingSession", "portNumber=8500,localPortNumber=8500"),
    consulToken: pulumi.output(`aws ssm get-parameter --region ${region} ${parameter}`),
  };
}

/** What Pulumi Cloud and `pulumi stack output readme` show. */
export function readme(
  { names, watching, region }: Plan,
  hosts: pulumi.Output<HostOutput[]>,
  { url, dnsName }: LoadBalancer,
  { consulMembers, consulUi, consulToken }: ConsulCommands,
): pulumi.Output<string> {
  return pulumi
    .all([hosts, url, dnsName, consulMembers, consulUi, consulToken])
    .apply(([list, studioUrl, loadBalancer, members, ui, token]) =>
      [
        `# Realm cluster ${names.cluster}`,
        "",
        `Realm Studio connects to <${studioUrl}> with the admin token: \`pulumi stack output adminToken --show-secrets\`.`,
        `The load balancer is \`${loadBalancer}\`.`,
        ...(watching ? [watched(names, region)] : []),
        "",
        "| host | address | zone | services | session |",
        "|---|---|---|---|---|",
        ...list.map(
          ({ name, address, zone, services, session }) =>
            `| ${name} | ${address} | ${zone} | ${services.join(", ")} | \`${session}\` |`,
        ),
        "",
        "Who is in the Consul cluster; its UI on <http://localhost:8500>; the token that may do anything there:",
        "",
        "```sh",
        members,
        ui,
        token,
        "```",
        "",
      ].join("\n"),
    );
}

/** Where an operator looks. */
function watched({ prefix, logs }: Plan["names"], region: string): string {
  const console = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}`;
  return `Alarms and graphs: [${prefix}](${console}#dashboards/dashboard/${prefix}). Logs: \`${logs}\` in CloudWatch.`;
}

function find(hosts: Host[], name: string): Host {
  const host = hosts.find(({ hostName }) => hostName === name);
  if (!host) throw new Error(`the plan has a host ${name} that was not made`);
  return host;
}
