import { KEY, deploy } from "./deploy";

const mirror = "https://mirror.example.com/{version}.tar.xz";

const set = (values: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      `realm-cluster:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
const listener = (port: number) => `port-${port}`;

test("dedicated placement puts Consul on hosts of its own", async () => {
  const { outputs } = await deploy(set({ placement: "dedicated" }));
  const hosts = outputs.hosts as { name: string; services: string[] }[];
  expect(hosts.map(({ name, services }) => `${name}: ${services.join(" ")}`)).toEqual([
    "consul-01: consul-server",
    "consul-02: consul-server",
    "consul-03: consul-server",
    "sync-default-01: consul-agent sync-worker",
    "sync-default-02: consul-agent sync-worker",
    "sync-default-03: consul-agent sync-worker",
    "core-services-01: consul-agent core-services realm-directory",
  ]);
});

test("an adopted network is used, and none is made", async () => {
  const adopt = {
    vpcId: "vpc-0ad0",
    privateSubnetIds: ["subnet-0", "subnet-1", "subnet-2"],
    publicSubnetIds: ["subnet-00", "subnet-01"],
  };
  const { resources, ofType } = await deploy(set({ network: { adopt } }));
  const made = /^aws:ec2\/(vpc|subnet|route|routeTable|internetGateway|natGateway|eip):/;
  expect(resources.filter(({ type }) => made.test(type))).toEqual([]);
  const interfaces = ofType("aws:ec2/networkInterface:NetworkInterface");
  expect(interfaces.map(({ name, inputs }) => [name, inputs.subnetId, inputs.privateIps]).sort()).toEqual([
    ["consul-01", "subnet-0", ["172.16.0.10"]],
    ["consul-02", "subnet-1", ["172.16.1.11"]],
    ["consul-03", "subnet-2", ["172.16.2.12"]],
    ["core-services-01", "subnet-0", undefined],
  ]);
  expect(ofType("aws:lb/loadBalancer:LoadBalancer")[0].inputs.subnets).toEqual(["subnet-00", "subnet-01"]);
});

test("subnets to adopt that are in another VPC are refused", async () => {
  const adopt = { vpcId: "vpc-0bad", privateSubnetIds: ["subnet-0"], publicSubnetIds: ["subnet-00", "subnet-01"] };
  await expect(deploy(set({ network: { adopt } }))).rejects.toThrow("network.adopt has subnet-0, which is in vpc-0ad0");
});

test.each([
  ["none", 0, ["ssm", "ssmmessages"]],
  ["single", 1, []],
  ["perZone", 3, []],
])("nat %s makes %i NAT gateways and the endpoints %j", async (nat, gateways, endpoints) => {
  const { ofType } = await deploy(set({ network: { nat }, consul: { url: mirror }, node: { url: mirror } }));
  expect(ofType("aws:ec2/natGateway:NatGateway")).toHaveLength(gateways);
  expect(ofType("aws:ec2/vpcEndpoint:VpcEndpoint").map(({ name }) => name)).toEqual(endpoints);
  const toEndpoints = ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    .filter(({ inputs }) => inputs.securityGroupId === "SecurityGroup endpoints")
    .map(({ inputs }) => [inputs.referencedSecurityGroupId, inputs.fromPort]);
  const hosts = ["SecurityGroup consul-sync", "SecurityGroup core-services"].map((group) => [group, 443]);
  expect(toEndpoints).toEqual(endpoints.length > 0 ? hosts : []);
  for (const { inputs } of ofType("aws:ec2/vpcEndpoint:VpcEndpoint")) {
    expect(inputs.securityGroupIds).toEqual(["SecurityGroup endpoints"]);
  }
  const routes = ofType("aws:ec2/route:Route").filter(({ inputs }) => inputs.natGatewayId !== undefined);
  expect(new Set(routes.map(({ inputs }) => inputs.natGatewayId)).size).toBe(gateways);
  expect(routes).toHaveLength(gateways === 0 ? 0 : 3);
});

test("a certificate turns on HTTPS, and HTTP redirects to it", async () => {
  const certificateArn = "arn:aws:acm:eu-west-1:123456789012:certificate/abc";
  const { outputs, ofType } = await deploy(set({ loadBalancer: { certificateArn, domain: "realm.example.com" } }));
  const listeners = Object.fromEntries(ofType("aws:lb/listener:Listener").map(({ name, inputs }) => [name, inputs]));
  expect(listeners[listener(443)]).toMatchObject({ protocol: "HTTPS", certificateArn, port: 443 });
  expect(listeners[listener(80)]).toMatchObject({ protocol: "HTTP", defaultActions: [{ type: "redirect" }] });
  expect(listeners[listener(80)]).not.toHaveProperty("certificateArn");
  expect(outputs.studioUrl).toBe("https://realm.example.com");
  expect(outputs.loadBalancer).toBe("realm.elb.example.com");
});

test("a key that is brought in is used as it is, with its public half, and stays secret", async () => {
  const { ofType } = await deploy(set({ authKey: KEY.privateKey }));
  expect(ofType("tls:index/privateKey:PrivateKey").map(({ name }) => name)).not.toContain("auth-key");
  const parameters = ofType("aws:ssm/parameter:Parameter");
  const find = (name: string) => parameters.find((parameter) => parameter.name === name);
  expect(find("auth-key")).toMatchObject({ inputs: { value: KEY.privateKey }, secrets: ["value"] });
  expect(find("auth-pub")?.inputs.value).toBe(KEY.publicKey);
});

test.each([
  [true, true],
  [false, false],
])("retainData %s keeps data volumes when their host goes: %s", async (retainData, kept) => {
  const { ofType } = await deploy(set({ retainData }));
  const volumes = ofType("aws:ebs/volume:Volume");
  expect(volumes.map(({ options }) => options.retainOnDelete)).toEqual([kept, kept, kept]);
});

describe("backups", () => {
  const backup = { schedule: "cron(0 3 * * ? *)", retentionDays: 7, copyToRegion: "us-east-1" };
  const VAULT = "aws:backup/vault:Vault";

  test("are of every volume that is named as a data volume, and of no other", async () => {
    const { ofType } = await deploy(set({ backup }));
    const [{ inputs }] = ofType("aws:backup/selection:Selection");
    expect(inputs.resources).toEqual(["arn:aws:ec2:*:*:volume/*"]);
    const conditions = inputs.conditions as Record<string, { key: string; value: string }[]>[];
    const [{ stringEquals, stringLikes }] = conditions;
    expect([...stringEquals, ...stringLikes]).toEqual([
      { key: "aws:ResourceTag/Cluster", value: "dev" },
      { key: "aws:ResourceTag/Name", value: "realm-cluster-dev-*-data" },
    ]);
    const named = /^realm-cluster-dev-.*-data$/;
    const tags = (resource: { inputs: Record<string, unknown> }) => resource.inputs.tags as Record<string, string>;
    expect(ofType("aws:ebs/volume:Volume").filter((volume) => !named.test(tags(volume).Name))).toEqual([]);
    const roots = ofType("aws:ec2/instance:Instance").map((instance) => instance.inputs.rootBlockDevice as never);
    expect(roots.filter((root: { tags: { Name: string } }) => named.test(root.tags.Name))).toEqual([]);
  });

  test("are kept as long here as in the other region, under a key of their own there", async () => {
    const { ofType } = await deploy(set({ backup }));
    const [{ inputs }] = ofType("aws:backup/plan:Plan");
    const vaults = ofType(VAULT);
    const [key] = ofType("aws:kms/key:Key");
    expect(vaults.map((vault) => [vault.inputs.region, vault.inputs.kmsKeyArn])).toEqual([
      [undefined, undefined],
      ["us-east-1", `arn of Key ${key.name}`],
    ]);
    expect(key.inputs.region).toBe("us-east-1");
    expect(inputs.rules).toEqual([
      {
        ruleName: "data-volumes",
        targetVaultName: vaults[0].name,
        schedule: backup.schedule,
        startWindow: 60,
        lifecycle: { deleteAfter: 7 },
        copyActions: [{ destinationVaultArn: `arn of Vault ${vaults[1].name}`, lifecycle: { deleteAfter: 7 } }],
      },
    ]);
  });

  test.each([
    [true, true, false],
    [false, false, true],
  ])("with retainData %s outlive the cluster: %s", async (retainData, kept, emptied) => {
    const { ofType } = await deploy(set({ backup, retainData }));
    const vaults = ofType(VAULT).map(({ options, inputs }) => [options.retainOnDelete, inputs.forceDestroy]);
    expect(vaults).toEqual(Array(2).fill([kept, emptied]));
    expect(ofType("aws:kms/key:Key")[0].options.retainOnDelete).toBe(kept);
  });

  test("are not taken without a schedule", async () => {
    const { resources } = await deploy();
    expect(resources.filter(({ type }) => /^aws:(backup|kms)/.test(type))).toEqual([]);
  });
});

test("a restored group's volumes are made of the snapshot, and a host boots anew when its volume is another", async () => {
  const { ofType } = await deploy(set({ syncWorkerGroups: [{ label: "default", restoreFrom: "snap-0a" }] }));
  expect(ofType("aws:ebs/volume:Volume").map(({ inputs }) => inputs.snapshotId)).toEqual(Array(3).fill("snap-0a"));
  const instance = ofType("aws:ec2/instance:Instance")[0];
  expect(instance.options.replaceOnChanges).toContain("tags.DataVolume");
});

test("the AWS provider's profile reaches the gates", async () => {
  const { ofType } = await deploy({ "aws:profile": "production" });
  const profiles = ofType("command:local:Command").map(
    ({ inputs }) => (inputs.environment as Record<string, string>).AWS_PROFILE,
  );
  expect(new Set(profiles)).toEqual(new Set(["production"]));
});

test("a stack name that cannot be part of AWS names is refused", async () => {
  await expect(deploy({}, "Dev_1")).rejects.toThrow('(stack) is named "Dev_1"');
});
