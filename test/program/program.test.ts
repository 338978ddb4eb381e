import { createVerify } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { type Deployment, KEY, type Registered, SECRETS, deploy, waitsFor } from "./deploy";

/** Types of resource that have no tags of their own. */
const UNTAGGED = [
  "aws:ec2/route:Route",
  "aws:ec2/routeTableAssociation:RouteTableAssociation",
  "aws:ec2/volumeAttachment:VolumeAttachment",
  "aws:iam/rolePolicy:RolePolicy",
  "aws:lb/targetGroupAttachment:TargetGroupAttachment",
];
const INSTANCE = "aws:ec2/instance:Instance";
const PARAMETER = "aws:ssm/parameter:Parameter";
const COMMAND = "command:local:Command";

const names = (resources: Registered[]) => resources.map(({ name }) => name).sort();
const userData = ({ inputs }: Registered) =>
  gunzipSync(Buffer.from(String(inputs.userDataBase64), "base64")).toString();

describe("the guide's cluster", () => {
  let guide: Deployment;
  beforeAll(async () => {
    guide = await deploy();
  });

  test("has three hosts with a Consul server and a sync worker, and one with the core services", () => {
    const hosts = guide.outputs.hosts as {
      name: string;
      address: string;
      zone: string;
      services: string[];
      session: string;
    }[];
    expect(hosts.map(({ name, zone, services }) => [name, zone, services.join(" ")])).toEqual([
      ["consul-01", "eu-west-1a", "consul-server sync-worker"],
      ["consul-02", "eu-west-1b", "consul-server sync-worker"],
      ["consul-03", "eu-west-1c", "consul-server sync-worker"],
      ["core-services-01", "eu-west-1a", "consul-agent core-services realm-directory"],
    ]);
    expect(hosts[0].address).toBe("10.20.0.10");
    expect(hosts[0].session).toBe("aws ssm start-session --region eu-west-1 --target Instance consul-01");
    expect(names(guide.ofType(INSTANCE))).toEqual(hosts.map(({ name }) => name));
  });

  test("every resource belongs to a component, and every component is one of this project's", () => {
    const components = guide.resources.filter(({ custom }) => !custom);
    const urns = components.map(({ urn }) => urn);
    expect(components.filter(({ type }) => !/^realm-cluster:index:[A-Z]\w+$/.test(type))).toEqual([]);
    const orphans = guide.resources.filter(({ custom, parent }) => custom && !urns.includes(parent));
    expect(orphans.map(({ urn }) => urn)).toEqual([]);
    expect(guide.resources.filter(({ custom }) => custom).length).toBeGreaterThan(50);
  });

  test("every resource that can be is tagged with the cluster's name and its own", () => {
    const taggable = guide.resources.filter(({ type }) => type.startsWith("aws:") && !UNTAGGED.includes(type));
    const bare = taggable.filter(({ inputs }) => {
      const tags = inputs.tags as Record<string, string> | undefined;
      return tags?.Cluster !== "dev" || !tags.Name?.startsWith("realm-cluster-dev-");
    });
    expect(bare.map(({ urn }) => urn)).toEqual([]);
  });

  test("secrets are Pulumi secrets from the configuration to SSM", () => {
    const secure = guide.ofType(PARAMETER).filter(({ inputs }) => inputs.type === "SecureString");
    expect(names(secure)).toEqual([
      "auth-key",
      "auth-pub",
      "consul-agent-cert",
      "consul-agent-key",
      "consul-ca",
      "consul-management",
      "consul-server-cert",
      "consul-server-key",
      "consul-token-consul",
      "consul-token-consul-sync",
      "consul-token-core-services",
      "consul-token-doctor",
      "consul-token-sync",
      "feature-token",
      "gossip-key",
      "npm-token",
      "ros-default-password",
    ]);
    expect(secure.filter(({ secrets }) => !secrets.includes("value"))).toEqual([]);
    expect(secure.find(({ name }) => name === "auth-key")?.inputs.value).toBe(KEY.privateKey);
    expect(guide.secretOutputs).toEqual(["adminToken"]);
  });

  test("no secret is in the clear: not in an input, not in user data, not in an output", () => {
    const texts = [KEY.privateKey.split("\n")[1], String(guide.outputs.adminToken), ...Object.values(SECRETS)];
    const clear = guide.resources.map(({ urn, inputs, secrets }) => {
      const open = Object.entries(inputs).filter(([key]) => !secrets.includes(key));
      return { urn, text: JSON.stringify(Object.fromEntries(open)) };
    });
    const given = guide.ofType(INSTANCE).map((instance) => ({ urn: instance.urn, text: userData(instance) }));
    const outputs = Object.entries(guide.outputs).filter(([name]) => !guide.secretOutputs.includes(name));
    const all = [...clear, ...given, { urn: "outputs", text: JSON.stringify(outputs) }];
    expect(all.filter(({ text }) => texts.some((secret) => text.includes(secret))).map(({ urn }) => urn)).toEqual([]);
    expect(given[0].text).toContain("/realm-cluster/dev/secrets");
  });

  test("the admin token is signed by the cluster's key", () => {
    const [claims, signature] = String(guide.outputs.adminToken).split(":");
    const verify = createVerify("RSA-SHA256").update(Buffer.from(claims, "base64"));
    expect(verify.verify(KEY.publicKey, Buffer.from(signature, "base64"))).toBe(true);
  });

  test("instances answer metadata requests by IMDSv2 only and not across a hop, and their disks are encrypted", () => {
    for (const { inputs } of guide.ofType(INSTANCE)) {
      expect(inputs.metadataOptions).toEqual({
        httpEndpoint: "enabled",
        httpTokens: "required",
        httpPutResponseHopLimit: 1,
        instanceMetadataTags: "enabled",
      });
      expect(inputs.rootBlockDevice).toMatchObject({ encrypted: true });
      expect(inputs).not.toHaveProperty("keyName");
    }
    const volumes = guide.ofType("aws:ebs/volume:Volume");
    expect(names(volumes)).toEqual(["consul-01", "consul-02", "consul-03"]);
    expect(volumes.filter(({ inputs }) => inputs.encrypted !== true || inputs.type !== "gp3")).toEqual([]);
  });

  test("the load balancer waits for the public subnets' way to the internet", () => {
    const [balancer] = guide.ofType("aws:lb/loadBalancer:LoadBalancer");
    const [gateway] = guide.ofType("aws:ec2/internetGateway:InternetGateway");
    const [route] = guide.ofType("aws:ec2/route:Route").filter(({ name }) => name === "public");
    expect([...waitsFor(balancer, guide)]).toEqual(expect.arrayContaining([gateway.urn, route.urn]));
  });

  test("a host's address and data outlive its instance", () => {
    const lasting = [
      ...guide.ofType("aws:ec2/networkInterface:NetworkInterface"),
      ...guide.ofType("aws:ebs/volume:Volume"),
    ];
    const tied = lasting.filter((resource) => [...waitsFor(resource, guide)].some((urn) => urn.includes(INSTANCE)));
    expect(tied.map(({ urn }) => urn)).toEqual([]);
    for (const { name, inputs, options } of guide.ofType(INSTANCE)) {
      expect(inputs.primaryNetworkInterface).toEqual({ networkInterfaceId: `NetworkInterface ${name}` });
      expect(inputs.userDataReplaceOnChange).toBe(true);
      expect(options.deleteBeforeReplace).toBe(true);
      expect(options.replaceOnChanges).toEqual(["instanceType", "tags.DataVolume"]);
      const volume = (inputs.tags as Record<string, string>).DataVolume;
      expect(volume).toBe(name.startsWith("consul") ? `Volume ${name}` : undefined);
    }
    const attachments = guide.ofType("aws:ec2/volumeAttachment:VolumeAttachment");
    expect(attachments.map(({ inputs }) => inputs.stopInstanceBeforeDetaching)).toEqual([true, true, true]);
  });

  test("boots overlap: no instance waits for another, or for a gate that does anything when it is made", () => {
    for (const instance of guide.ofType(INSTANCE)) {
      const waited = [...waitsFor(instance, guide)].filter(
        (urn) => /:Instance::|command:local/.test(urn) && !urn.endsWith("-taken-up"),
      );
      expect(waited).toEqual([expect.stringMatching(`::${instance.name}-turn$`)]);
    }
    const turns = guide.ofType(COMMAND).filter(({ name }) => name.endsWith("-turn"));
    expect(turns.map(({ inputs }) => inputs.create)).toEqual(Array(4).fill("true"));
  });

  test("an instance starts only when what its boot needs is there", () => {
    for (const instance of guide.ofType(INSTANCE)) {
      const waited = [...waitsFor(instance, guide)];
      const needed = [
        PARAMETER,
        "aws:iam/rolePolicy:RolePolicy",
        "aws:ec2/natGateway:NatGateway",
        "aws:ec2/route:Route",
      ];
      expect(needed.filter((type) => !waited.some((urn) => urn.includes(type)))).toEqual([]);
      const rules = guide.resources.filter(({ type }) => type.startsWith("aws:vpc/securityGroup"));
      expect(rules.filter(({ urn }) => !waited.includes(urn))).toEqual([]);
    }
  });

  test("the update waits for every host's own report, and then for the load balancer", () => {
    const gates = guide.ofType(COMMAND).filter(({ inputs }) => ![undefined, "true"].includes(inputs.create as string));
    expect(names(gates)).toEqual([
      "consul-01-boot",
      "consul-02-boot",
      "consul-03-boot",
      "core-services-01-boot",
      "core-services-01-in-service",
      "load-balancer-health",
    ]);
    const first = gates.find(({ name }) => name === "consul-01-boot");
    expect(first?.inputs).toEqual({
      create: "exec node --import tsx gates/awaitBoot.ts",
      environment: {
        HOST: "consul-01",
        INSTANCE_ID: "Instance consul-01",
        BOOT_REPORT: "/realm-cluster/dev/boot/consul-01",
        TIMEOUT_SECONDS: "900",
        AWS_REGION: "eu-west-1",
      },
    });
    const last = gates.find(({ name }) => name === "load-balancer-health");
    expect(last?.inputs.environment).toMatchObject({
      URL: "http://realm.elb.example.com/health",
      TARGETS: "Instance core-services-01",
    });
    const before = [...waitsFor(last as Registered, guide)].map((urn) => urn.split("::").pop());
    expect(before).toEqual(expect.arrayContaining(["core-services-01-boot", "core-services-01-in-service"]));
    const reports = guide.ofType(PARAMETER).filter(({ inputs }) => inputs.type === "String");
    expect(reports.map(({ options }) => options.ignoreChanges)).toEqual(Array(4).fill(["value"]));
  });

  test("a core node is drained before it leaves, and is in service only behind a load balancer that listens", () => {
    const command = (name: string) => guide.ofType(COMMAND).find((resource) => resource.name === name) as Registered;
    const drain = command("core-services-01-drain");
    const arn = "arn of TargetGroup core-services";
    expect(drain.inputs).toEqual({
      delete: "exec node --import tsx gates/drainTarget.ts",
      environment: {
        HOST: "core-services-01",
        INSTANCE_ID: "Instance core-services-01",
        TARGET_GROUP_ARN: arn,
        AWS_REGION: "eu-west-1",
      },
      triggers: ["Instance core-services-01", arn],
    });
    for (const resource of [drain, command("core-services-01-in-service")]) {
      const before = [...waitsFor(resource, guide)].map((urn) => urn.split("$").pop());
      expect(before).toContain("aws:lb/targetGroupAttachment:TargetGroupAttachment::core-services-01");
      expect(before).toContain("aws:lb/listener:Listener::port-80");
    }
  });

  test("security group rules are those that the services' ports ask for, and no others", () => {
    const group = (value: unknown) => String(value).replace("SecurityGroup ", "");
    const line = ({ inputs }: Registered) =>
      [
        group(inputs.securityGroupId),
        inputs.ipProtocol,
        inputs.fromPort === inputs.toPort ? (inputs.fromPort ?? "") : `${inputs.fromPort} to ${inputs.toPort}`,
        group(inputs.referencedSecurityGroupId ?? inputs.cidrIpv4),
      ].join(" ");
    expect(guide.ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").map(line).sort()).toEqual([
      "consul-sync tcp 7800 consul-sync",
      "consul-sync tcp 7800 core-services",
      "consul-sync tcp 8300 consul-sync",
      "consul-sync tcp 8300 core-services",
      "consul-sync tcp 8301 consul-sync",
      "consul-sync tcp 8301 core-services",
      "consul-sync udp 8301 consul-sync",
      "consul-sync udp 8301 core-services",
      "core-services tcp 8301 consul-sync",
      "core-services tcp 8301 core-services",
      "core-services tcp 9080 core-services",
      "core-services tcp 9080 load-balancer",
      "core-services tcp 9081 core-services",
      "core-services udp 8301 consul-sync",
      "core-services udp 8301 core-services",
      "load-balancer tcp 80 203.0.113.0/24",
    ]);
    expect(guide.ofType("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule").map(line).sort()).toEqual([
      "consul-sync tcp 443 0.0.0.0/0",
      "consul-sync tcp 7800 consul-sync",
      "consul-sync tcp 80 0.0.0.0/0",
      "consul-sync tcp 8300 consul-sync",
      "consul-sync tcp 8301 consul-sync",
      "consul-sync tcp 8301 core-services",
      "consul-sync udp 8301 consul-sync",
      "consul-sync udp 8301 core-services",
      "core-services tcp 443 0.0.0.0/0",
      "core-services tcp 7800 consul-sync",
      "core-services tcp 80 0.0.0.0/0",
      "core-services tcp 8300 consul-sync",
      "core-services tcp 8301 consul-sync",
      "core-services tcp 8301 core-services",
      "core-services tcp 9080 core-services",
      "core-services tcp 9081 core-services",
      "core-services udp 8301 consul-sync",
      "core-services udp 8301 core-services",
      "load-balancer tcp 9080 core-services",
    ]);
  });

  test("a role reads its services' secrets and writes its own host's boot report, nothing else", () => {
    const policies = guide.ofType("aws:iam/rolePolicy:RolePolicy").map(({ name, inputs }) => {
      const { Statement } = JSON.parse(String(inputs.policy)) as {
        Statement: { Action: string[]; Resource: string[] }[];
      };
      const allowed = (action: string) =>
        Statement.filter(({ Action }) => Action.includes(action)).flatMap(({ Resource }) =>
          Resource.map((arn) => arn.replace("arn:aws:ssm:eu-west-1:123456789012:parameter/realm-cluster/dev/", "")),
        );
      return { name, reads: allowed("ssm:GetParameter"), writes: allowed("ssm:PutParameter") };
    });
    expect(policies.sort((a, b) => a.name.localeCompare(b.name))).toEqual([
      ...["consul-01", "consul-02", "consul-03"].map((name) => ({
        name,
        reads: [
          ...["auth-key", "auth-pub", "consul-ca", "consul-management", "consul-server-cert", "consul-server-key"],
          ...["consul-token-consul", "consul-token-consul-sync", "consul-token-core-services", "consul-token-doctor"],
          ...["consul-token-sync", "feature-token", "gossip-key", "npm-token"],
        ].map((name) => `secrets/${name}`),
        writes: [`boot/${name}`],
      })),
      {
        name: "core-services-01",
        reads: [
          ...["auth-key", "auth-pub", "consul-agent-cert", "consul-agent-key", "consul-ca"],
          ...["consul-token-core-services", "feature-token", "gossip-key", "npm-token", "ros-default-password"],
        ].map((name) => `secrets/${name}`),
        writes: ["boot/core-services-01"],
      },
    ]);
    expect(guide.ofType("aws:iam/rolePolicyAttachment:RolePolicyAttachment")).toEqual([]);
  });

  test("the load balancer suits WebSockets and asks each core services process for itself", () => {
    const [balancer] = guide.ofType("aws:lb/loadBalancer:LoadBalancer");
    expect(balancer.inputs).toMatchObject({ loadBalancerType: "application", idleTimeout: 3600 });
    expect(balancer.inputs.subnets).toHaveLength(3);
    const [target] = guide.ofType("aws:lb/targetGroup:TargetGroup");
    expect(target.inputs).toMatchObject({ port: 9080, deregistrationDelay: 30 });
    expect(target.inputs.healthCheck).toMatchObject({ path: "/health?thisInstance=true", matcher: "200" });
    expect(guide.outputs.studioUrl).toBe("http://realm.elb.example.com");
  });

  test("the readme tells how to log in and lists the hosts", () => {
    expect(guide.outputs.readme).toContain("Realm Studio connects to <http://realm.elb.example.com>");
    expect(guide.outputs.readme).toContain("| consul-02 | 10.20.16.11 | eu-west-1b | consul-server, sync-worker |");
  });
});
