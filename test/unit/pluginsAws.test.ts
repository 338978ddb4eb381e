import { Aws, Clients } from "../../local/plugins/aws/context";
import { asFilters } from "../../local/plugins/aws/filters";
import { attributesFrom, propertiesFrom } from "../../local/plugins/aws/lb/attributes";
import { tagState, tagsOf, tagged, type Tag } from "../../local/plugins/aws/resource";
import { retrying, until } from "../../local/plugins/aws/wait";
import { boolean, number, type Operation } from "../../local/plugins/core/schema";

const operation = (changes: Partial<Operation> = {}): Operation => ({
  name: "host",
  signal: new AbortController().signal,
  timeoutSeconds: 0,
  log: () => undefined,
  ...changes,
});
const aws = (changes: Partial<Operation> = {}, config = {}) =>
  new Aws(operation(changes), new Clients({ region: "eu-west-1", ...config }));
const withDefaults = aws({}, { defaultTags: { tags: { Owner: "ops", Stage: "dev" } } });

describe("tags", () => {
  test("a resource's own go before the provider's default ones", () => {
    expect(tagsOf(withDefaults, { tags: { Name: "a", Stage: "prod" } })).toEqual([
      { Key: "Owner", Value: "ops" },
      { Key: "Stage", Value: "prod" },
      { Key: "Name", Value: "a" },
    ]);
  });

  test("the state tells both apart, and leaves AWS's own out", () => {
    const told = Object.entries({ Owner: "ops", Stage: "dev", Name: "a", "aws:createdBy": "x" }).map(
      ([Key, Value]) => ({ Key, Value }),
    );
    const tagsAll = { Owner: "ops", Stage: "dev", Name: "a" };
    expect(tagState(withDefaults, told, { tags: { Name: "a" } })).toEqual({ tags: { Name: "a" }, tagsAll });
    // A program may give a default tag itself.
    expect(tagState(withDefaults, told, { tags: { Stage: "dev" } })).toEqual({
      tags: { Stage: "dev", Name: "a" },
      tagsAll,
    });
  });

  test("an update puts what is new or other, removes what is gone, and does nothing else", async () => {
    const calls: unknown[] = [];
    const row = tagged(
      {
        properties: {},
        create: async () => ({ id: "i" }),
        read: async () => ({}),
        delete: async () => undefined,
        update: async () => void calls.push("row"),
      },
      async (_, id, put: Tag[], remove) => void calls.push({ id, put, remove }),
    );
    const old = { tagsAll: { Owner: "someone", Stage: "dev", Old: "x" } };
    await row.update!(withDefaults, "i", {
      old,
      inputs: { tags: { Name: "a" } },
      changed: new Set(["tags", "tagsAll"]),
    });
    const put = [
      { Key: "Owner", Value: "ops" },
      { Key: "Name", Value: "a" },
    ];
    expect(calls).toEqual([{ id: "i", put, remove: ["Old"] }]);
  });
});

describe("waiting", () => {
  test("ends when it is done", async () => {
    const states = ["pending", "pending"];
    const look = async () =>
      states.length > 0 ? { done: false as const, state: states.pop()! } : { done: true as const };
    await expect(until(aws(), "a host", 1, look)).resolves.toBeUndefined();
  });

  test("tells why it failed, or where it was when the program's own timeout was over", async () => {
    await expect(until(aws(), "a host", 1, async () => ({ failed: "no capacity" }))).rejects.toThrow(
      "waiting for a host: no capacity",
    );
    const stuck = until(aws({ timeoutSeconds: 0.1 }), "a host", 1, async () => ({ done: false, state: "pending" }));
    await expect(stuck).rejects.toThrow(
      "waiting for a host: timeout while waiting (last state: 'pending', timeout: 0.1s)",
    );
  });

  test("ends with the operation", async () => {
    const signal = AbortSignal.abort(new Error("cancelled"));
    await expect(until(aws({ signal }), "a host", 1, async () => ({ done: false, state: "pending" }))).rejects.toThrow(
      "aborted",
    );
  });

  test("tries again only what may pass by itself", async () => {
    const error = (name: string) => Object.assign(new Error(name), { name });
    let left = 2;
    const passing = async () => {
      if (left-- > 0) throw error("DependencyViolation");
      return "deleted";
    };
    await expect(retrying(aws(), ["DependencyViolation"], 1, passing)).resolves.toBe("deleted");
    let calls = 0;
    const failing = retrying(aws(), ["DependencyViolation"], 1, async () => {
      calls++;
      throw error("UnauthorizedOperation");
    });
    await expect(failing).rejects.toThrow("UnauthorizedOperation");
    expect(calls).toBe(1);
  });
});

describe("regions", () => {
  test("a resource's own region goes before the provider's, which must come from somewhere", () => {
    expect(aws().region).toBe("eu-west-1");
    expect(aws().in("us-east-1").region).toBe("us-east-1");
    const { AWS_REGION, AWS_DEFAULT_REGION, ...rest } = process.env;
    process.env = rest;
    try {
      expect(() => new Clients({}).region).toThrow("missing required configuration key aws:region");
      process.env.AWS_REGION = "eu-north-1";
      expect(new Clients({}).region).toBe("eu-north-1");
    } finally {
      process.env = {
        ...rest,
        ...(AWS_REGION ? { AWS_REGION } : {}),
        ...(AWS_DEFAULT_REGION ? { AWS_DEFAULT_REGION } : {}),
      };
    }
  });

  test.each([
    ["eu-west-1", "aws"],
    ["cn-north-1", "aws-cn"],
    ["us-gov-west-1", "aws-us-gov"],
  ])("%s is in the partition %s", (region, partition) => {
    expect(aws().in(region).partition).toBe(partition);
  });
});

test("filters hold what is given by name, by argument and by tag", () => {
  const args = {
    id: "vpc-1",
    cidrBlock: "10.0.0.0/8",
    filters: [{ name: "state", values: ["available"] }],
    tags: { Name: "a" },
  };
  expect(asFilters(args, { cidrBlock: "cidr" })).toEqual({
    Filters: [
      { Name: "state", Values: ["available"] },
      { Name: "cidr", Values: ["10.0.0.0/8"] },
      { Name: "tag:Name", Values: ["a"] },
    ],
  });
  expect(asFilters({})).toEqual({});
});

test("a load balancer's attributes are properties in text", () => {
  const names = { idleTimeout: "idle_timeout.timeout_seconds", enableHttp2: "routing.http2.enabled" };
  const inputs = { idleTimeout: 60, enableHttp2: false };
  const attributes = [
    { Key: "idle_timeout.timeout_seconds", Value: "60" },
    { Key: "routing.http2.enabled", Value: "false" },
  ];
  expect(attributesFrom(names, inputs)).toEqual(attributes);
  expect(attributesFrom(names, inputs, new Set(["idleTimeout"]))).toEqual([attributes[0]]);
  expect(propertiesFrom(names, { idleTimeout: number(), enableHttp2: boolean() }, attributes)).toEqual(inputs);
});
