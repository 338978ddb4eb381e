import { type Deployment, deploy, stackConfig } from "./deploy";

const set = (values: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`realm-cluster:${key}`, JSON.stringify(value)]));

const RECORD = "aws:route53/record:Record";
const BALANCER = "aws:lb/loadBalancer:LoadBalancer";
const INSTANCE = "aws:ec2/instance:Instance";

describe("the production stack", () => {
  let production: Deployment;
  beforeAll(async () => {
    production = await deploy(stackConfig("prod"), "prod");
  });

  test("is all of its hosts, behind HTTPS at its own name", () => {
    expect(production.ofType(INSTANCE)).toHaveLength(11);
    expect(production.ofType("aws:ec2/natGateway:NatGateway")).toHaveLength(3);
    expect(production.outputs.studioUrl).toBe("https://realm.example.com");
    const protocols = production.ofType("aws:lb/listener:Listener").map(({ inputs }) => [inputs.port, inputs.protocol]);
    expect(protocols.sort()).toEqual([
      [443, "HTTPS"],
      [80, "HTTP"],
    ]);
  });

  test("names the load balancer in the public zone and every host in a zone of the VPC's own", () => {
    const records = Object.fromEntries(production.ofType(RECORD).map(({ name, inputs }) => [name, inputs]));
    expect(records["load-balancer"]).toEqual({
      zoneId: "Z0123456789ABCDEFGHIJ",
      name: "realm.example.com",
      type: "A",
      aliases: [{ name: "realm.elb.example.com", zoneId: "Z0ELB", evaluateTargetHealth: false }],
    });
    const [zone] = production.ofType("aws:route53/zone:Zone");
    expect(zone.inputs).toMatchObject({ name: "realm.internal", vpcs: [{ vpcId: "Vpc vpc" }] });
    expect(records.consul).toEqual({
      zoneId: "id of private",
      name: "consul.realm.internal",
      type: "A",
      ttl: 60,
      records: ["10.20.0.10", "10.20.16.11", "10.20.32.12"],
    });
    expect(records["core-services-02"]).toMatchObject({ records: ["address of core-services-02"] });
    expect(Object.keys(records)).toHaveLength(1 + 1 + 11);
  });

  test("refuses the deletion of data volumes and of the load balancer, and of nothing that a roll replaces", () => {
    const refusing = production.resources.filter(({ options }) => options.protect).map(({ type }) => type);
    expect(refusing).toEqual(Array(9).fill("aws:ebs/volume:Volume"));
    expect(production.ofType(BALANCER)[0].inputs.enableDeletionProtection).toBe(true);
    for (const { inputs } of production.ofType(INSTANCE)) expect(inputs).not.toHaveProperty("disableApiTermination");
  });
});

describe("the guide's cluster", () => {
  test("has no names and no protection unless they are asked for", async () => {
    const { resources, ofType } = await deploy();
    expect(resources.filter(({ type }) => type.startsWith("aws:route53/"))).toEqual([]);
    expect(resources.filter(({ options }) => options.protect)).toEqual([]);
    expect(ofType(BALANCER)[0].inputs).toMatchObject({ internal: false, enableDeletionProtection: false });
  });

  test("an internal load balancer lives where the hosts do", async () => {
    const { ofType } = await deploy(set({ loadBalancer: { internal: true, allowedCidrs: ["10.0.0.0/8"] } }));
    const subnets = ["a", "b", "c"].map((zone) => `Subnet private-eu-west-1${zone}`);
    expect(ofType(BALANCER)[0].inputs).toMatchObject({ internal: true, subnets });
  });

  test("an internal load balancer needs adopted private subnets of two zones, and no public ones", async () => {
    const loadBalancer = { internal: true, allowedCidrs: ["10.0.0.0/8"] };
    const adopt = (privateSubnetIds: string[]) =>
      set({ loadBalancer, network: { adopt: { vpcId: "vpc-0ad0", privateSubnetIds } } });
    const { ofType } = await deploy(adopt(["subnet-0", "subnet-1"]));
    expect(ofType(BALANCER)[0].inputs.subnets).toEqual(["subnet-0", "subnet-1"]);
    await expect(deploy(adopt(["subnet-0"]))).rejects.toThrow(
      "network.adopt.privateSubnetIds has all its subnets in one",
    );
  });

  test("hosts have the image that was resolved first, and another configured image resolves it again", async () => {
    const { ofType } = await deploy();
    const [pin] = ofType("pulumi:index:Stash");
    expect(pin.inputs.input).toBe("ami-0pinned");
    expect(pin.options.replacementTrigger).toMatchObject({ owner: "099720109477" });
    expect(new Set(ofType(INSTANCE).map(({ inputs }) => inputs.ami))).toEqual(new Set(["ami-0pinned"]));
  });

  test("an image that is not there is refused, with the way out that replaces no host", async () => {
    const image = { name: "gone", owner: "123456789012" };
    await expect(deploy(set({ image }))).rejects.toThrow(
      "image is gone, which 123456789012 does not have in this region: write the name of another image, or the {id}",
    );
  });
});
