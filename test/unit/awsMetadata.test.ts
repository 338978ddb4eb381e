import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { metadataTree, readTree } from "../../local/aws/imds/metadata";
import { imdsServer } from "../../local/aws/imds/server";
import { SessionTokens } from "../../local/aws/imds/token";
import { cloud, instance } from "./awsCloud";

describe("the metadata of an instance", () => {
  const role = { name: "reader", credentials: async () => "{}" };
  const tree = metadataTree(cloud(), instance("i-a", { profileArn: "arn:aws:iam::1:instance-profile/p" }), "1", role);
  const read = (path: string) => readTree(tree, path.split("/").filter(Boolean));

  test("leaves are text, directories list their names", async () => {
    expect(await read("meta-data/instance-id")).toBe("i-a");
    expect(await read("meta-data/placement/")).toBe("availability-zone\nregion");
    expect(await read("meta-data/iam")).toBe("info\nsecurity-credentials/");
    expect(await read("meta-data/tags/instance/Name")).toBe("i-a");
    expect(await read("meta-data/network/interfaces/macs/02:00:00:00:00:01/subnet-ipv4-cidr-block")).toBe(
      "10.0.1.0/24",
    );
    expect(await read("meta-data/services/domain")).toBe("amazonaws.com");
  });

  test("what is not there is not made up from JavaScript's own names", async () => {
    expect(await read("meta-data/nothing")).toBeUndefined();
    expect(await read("meta-data/constructor")).toBeUndefined();
    expect(await read("meta-data/instance-id/length")).toBeUndefined();
  });

  test("tags show only where they are enabled", async () => {
    const metadata = { enabled: true, tokensRequired: true, tags: false };
    const without = metadataTree(cloud(), instance("i-a", { metadata }), "1");
    expect(await readTree(without, ["meta-data", "tags"])).toBeUndefined();
  });
});

describe("session tokens", () => {
  const tokens = new SessionTokens();
  const now = Date.now();

  test("hold for their time and their instance", () => {
    const token = tokens.issue("i-a", "60", now)!;
    expect(tokens.accepts("i-a", token, now + 59_000)).toBe(true);
    expect(tokens.accepts("i-a", token, now + 61_000)).toBe(false);
    expect(tokens.accepts("i-b", token, now)).toBe(false);
    expect(new SessionTokens().accepts("i-a", token, now)).toBe(false);
    expect(tokens.accepts("i-a", "nonsense", now)).toBe(false);
  });

  test.each(["0", "21601", "1.5", "x", undefined])("a time to live of %s is refused", (ttl) => {
    expect(tokens.issue("i-a", ttl)).toBeUndefined();
  });
});

describe("the metadata service", () => {
  let server: Server;
  const optional = instance("i-c", {
    address: "10.0.1.12",
    metadata: { enabled: true, tokensRequired: false, tags: false },
  });
  const disabled = instance("i-d", {
    address: "10.0.1.13",
    metadata: { enabled: false, tokensRequired: true, tags: false },
  });
  const there = cloud({ instances: [...cloud().instances, optional, disabled] });

  beforeAll(async () => {
    server = imdsServer({
      cloud: () => there,
      instanceAt: (vpcId, address) => there.instances.find((i) => i.vpcId === vpcId && i.address === address),
      now: ({ id }) => new Date(id === "i-b" ? "2026-01-01T10:00:00Z" : "2026-01-01T12:00:00Z"),
      account: "1",
      role: async () => undefined,
      userData: async ({ id }) => (id === "i-a" ? Buffer.from([0x1f, 0x8b, 0xff]) : undefined),
      log: () => {},
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  const ask = (path: string, from = "10.0.1.10", headers = {}, method = "GET") =>
    fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, {
      method,
      headers: { "X-Local-Vpc": "vpc-1", "X-Forwarded-For": from, ...headers },
    });
  const tokenOf = async (from: string) => {
    const headers = { "X-aws-ec2-metadata-token-ttl-seconds": "60" };
    return { "X-aws-ec2-metadata-token": await (await ask("/latest/api/token", from, headers, "PUT")).text() };
  };

  test("wants a token where the instance does", async () => {
    expect((await ask("/latest/meta-data/instance-id")).status).toBe(401);
    const answer = await ask("/2021-03-23/meta-data/instance-id", "10.0.1.10", await tokenOf("10.0.1.10"));
    expect(await answer.text()).toBe("i-a");
  });

  test("tells with every answer what time it is, which is what a host's own clock is held to", async () => {
    const at = async (from: string) => (await ask("/latest/meta-data/", from)).headers.get("date");
    expect(await at("10.0.1.10")).toBe("Thu, 01 Jan 2026 12:00:00 GMT");
    expect(await at("10.0.2.10")).toBe("Thu, 01 Jan 2026 10:00:00 GMT");
  });

  test("takes version 1 where the instance allows it, but no wrong token", async () => {
    expect(await (await ask("/latest/meta-data/instance-id", "10.0.1.12")).text()).toBe("i-c");
    expect((await ask("/latest/meta-data/instance-id", "10.0.1.12", await tokenOf("10.0.1.10"))).status).toBe(401);
  });

  test("tells each who asks of itself, and strangers nothing", async () => {
    const answer = await ask("/latest/meta-data/instance-id", "10.0.2.10", await tokenOf("10.0.2.10"));
    expect(await answer.text()).toBe("i-b");
    expect((await ask("/latest/meta-data/instance-id", "10.0.1.99")).status).toBe(404);
    expect((await ask("/latest/meta-data/", "10.0.1.13")).status).toBe(403);
  });

  test("gives user data as it is, byte for byte", async () => {
    const answer = await ask("/latest/user-data", "10.0.1.10", await tokenOf("10.0.1.10"));
    expect([...Buffer.from(await answer.arrayBuffer())]).toEqual([0x1f, 0x8b, 0xff]);
    expect((await ask("/latest/user-data", "10.0.1.12")).status).toBe(404);
  });
});
