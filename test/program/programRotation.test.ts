import { type Deployment, KEY, type Registered, deploy } from "./deploy";

const set = (rotation: object) => ({ "realm-cluster:rotation": JSON.stringify(rotation) });
const takenUp = ({ ofType }: Deployment) =>
  ofType("command:local:Command").filter(({ name }) => name.endsWith("-taken-up"));
const environment = ({ inputs }: Registered) => inputs.environment as Record<string, string>;
const named = (resources: Registered[], name: string) => resources.find((resource) => resource.name === name)!;

describe("taking up secrets", () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await deploy();
  });

  test("does nothing when a cluster is made, and runs when one of its parameters has another version", () => {
    const commands = takenUp(deployment);
    expect(commands.map(({ name, inputs }) => [name, inputs.create, inputs.update])).toEqual([
      ["auth-key-taken-up", "true", "exec node --import tsx gates/takeUpSecrets.ts"],
      ["gossip-key-taken-up", "true", "exec node --import tsx gates/rotateGossipKey.ts"],
      ["consul-certificates-taken-up", "true", "exec node --import tsx gates/takeUpSecrets.ts"],
      ["feature-token-taken-up", "true", "exec node --import tsx gates/takeUpSecrets.ts"],
    ]);
    const parameters = deployment.ofType("aws:ssm/parameter:Parameter");
    expect(commands.map(environment)).toMatchObject([
      { SECRETS: "auth-key auth-pub", PACE: "together", VERSIONS: "version of auth-key version of auth-pub" },
      { SECRET_PATH: "/realm-cluster/dev/secrets", VERSIONS: "version of gossip-key" },
      { SECRETS: expect.stringContaining("consul-agent-cert") as string, PACE: "oneByOne" },
      { SECRETS: "feature-token", PACE: "oneByOne", VERSIONS: "version of feature-token" },
    ]);
    expect(environment(commands[0])).toMatchObject({
      CLUSTER: "dev",
      PREFIX: "realm-cluster-dev",
      BOOT_REPORTS: "/realm-cluster/dev/boot",
      TIMEOUT_SECONDS: "900",
    });
    const keys = ["auth-key", "auth-pub"].map((name) => named(parameters, name).urn);
    expect(commands[0].dependencies).toEqual(expect.arrayContaining(keys));
  });

  test("is one secret after another, and over before any host is changed", () => {
    const [keys, gossip, token] = takenUp(deployment);
    expect(gossip.dependencies).toContain(keys.urn);
    expect(token.dependencies).toContain(gossip.urn);
    for (const instance of deployment.ofType("aws:ec2/instance:Instance")) {
      expect(instance.dependencies).toEqual(expect.arrayContaining([keys.urn, gossip.urn, token.urn]));
    }
  });

  test("does not follow the registry's token, which only a boot reads", () => {
    const npm = named(deployment.ofType("aws:ssm/parameter:Parameter"), "npm-token");
    expect(takenUp(deployment).filter(({ dependencies }) => dependencies.includes(npm.urn))).toEqual([]);
  });
});

test("another generation is another key, and the parameters' names stay", async () => {
  const first = await deploy();
  const second = await deploy(set({ authKey: "2026-11", gossipKey: "b" }));
  const keys = ({ ofType }: Deployment) =>
    [...ofType("tls:index/privateKey:PrivateKey"), ...ofType("random:index/randomBytes:RandomBytes")].map(
      ({ name }) => name,
    );
  const others = (one: Deployment, other: Deployment) => keys(one).filter((name) => !keys(other).includes(name));
  expect(others(first, second)).toEqual(["auth-key", "gossip-key"]);
  expect(others(second, first)).toEqual(["auth-key-2026-11", "gossip-key-b"]);
  const parameters = ({ ofType }: Deployment) => ofType("aws:ssm/parameter:Parameter").map(({ urn }) => urn);
  expect(parameters(second)).toEqual(parameters(first));
});

test("a generation of a key that is brought in is refused", async () => {
  const changes = { ...set({ authKey: "2026-11" }), "realm-cluster:authKey": KEY.privateKey };
  await expect(deploy(changes)).rejects.toThrow(
    "rotation.authKey is set, but the key is the one in authKey: remove it, and set authKey to the new private key",
  );
});
