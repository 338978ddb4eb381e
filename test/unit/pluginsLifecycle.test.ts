import { status } from "@grpc/grpc-js";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { InitFailed } from "../../local/plugins/core/failure";
import { Lifecycle, NotReady } from "../../local/plugins/core/lifecycle";
import { map, number, string, type Operation, type Package, type Resource } from "../../local/plugins/core/schema";
import { encode, raw, UNKNOWN, type Values } from "../../local/plugins/core/wire";

const TOKEN = "test:host:Host";
const gone = new Error("gone");

/** A service that keeps hosts in memory. */
class Service {
  hosts = new Map<string, Values>();
  broken = false;
  updates: string[][] = [];

  readonly row: Resource = {
    properties: {
      image: string({ required: true, forceNew: true }),
      size: number({ computed: true }),
      password: string({ secret: true }),
      tags: map(string()),
      tagsAll: map(string(), { output: true }),
      address: string({ output: true }),
      version: number({ output: true, renewed: true }),
    },
    planned: (_, inputs) => ({ tagsAll: { Owner: "ops", ...(inputs.tags as Values | undefined) } }),
    create: async (_, inputs) => {
      if (inputs.image === "none") throw new Error("no such image");
      this.hosts.set("h-1", { size: 8, ...inputs, tagsAll: { Owner: "ops" }, address: "10.0.0.1", version: 1 });
      return { id: "h-1" };
    },
    ready: async () => {
      if (this.broken) throw new Error("it does not come up");
    },
    read: async (_, id) => this.hosts.get(id),
    update: async (_, id, { inputs, changed }) => {
      this.updates.push([...changed]);
      const before = this.hosts.get(id)!;
      this.hosts.set(id, { ...before, ...inputs, version: (before.version as number) + 1 });
    },
    delete: async (_, id) => {
      if (!this.hosts.delete(id)) throw gone;
    },
  };

  readonly life = new Lifecycle(
    {
      name: "test",
      version: "1.0.0",
      config: {},
      resources: { [TOKEN]: this.row },
      invokes: {},
      context: () => (operation) => operation,
      isGone: (error) => error === gone,
      explain: (error, action) => `${action}: ${(error as Error).message}`,
    } as Package,
    (operation) => operation,
  );
}

const operation: Operation = {
  name: "host",
  signal: new AbortController().signal,
  timeoutSeconds: 0,
  log: () => undefined,
};
const inputs = (values: Values, ...secrets: string[]) => ({ values, secrets: new Set(secrets) });

test("the preview of a creation promises what the provider will choose", () => {
  const { values, secrets } = new Service().life.previewCreate(
    TOKEN,
    operation,
    inputs({ image: "a", tags: { Name: "x" } }, "tags"),
  );
  expect(values).toEqual({
    image: "a",
    tags: { Name: "x" },
    tagsAll: { Owner: "ops", Name: "x" },
    size: UNKNOWN,
    address: UNKNOWN,
    version: UNKNOWN,
  });
  expect(secrets).toEqual(new Set(["tags", "password"]));
});

test("a creation gives the state as the service tells it, its secrets marked", async () => {
  const { id, values, secrets } = await new Service().life.create(
    TOKEN,
    operation,
    inputs({ image: "a", password: "p" }),
  );
  expect(id).toBe("h-1");
  expect(values).toMatchObject({ image: "a", size: 8, password: "p", address: "10.0.0.1" });
  expect(secrets).toContain("password");
});

test("a creation that fails leaves nothing to keep", async () => {
  const creating = new Service().life.create(TOKEN, operation, inputs({ image: "none" }));
  await expect(creating).rejects.toThrow(new Error("creating: no such image"));
});

test("what does not come up is kept, with the reason, in the form that the engine reads", async () => {
  const service = new Service();
  service.broken = true;
  const error: NotReady = await service.life
    .create(TOKEN, operation, inputs({ image: "a", password: "p" }))
    .catch((caught) => caught);
  expect(error).toBeInstanceOf(NotReady);
  expect(error.state).toMatchObject({ id: "h-1", values: { image: "a", password: "p" } });

  const told = new InitFailed(error.message, error.state.id, encode(error.state.values), encode({ image: "a" }));
  expect(told.code).toBe(status.UNKNOWN);
  const [message] = told.metadata.get("grpc-status-details-bin") as Buffer[];
  const [packed] = Status.deserializeBinary(message).getDetailsList() as Any[];
  const detail = packed.unpack(ErrorResourceInitFailed.deserializeBinary, "pulumirpc.ErrorResourceInitFailed")!;
  expect(detail.getId()).toBe("h-1");
  expect(detail.getReasonsList()).toEqual(["creating: it does not come up"]);
  expect(raw(detail.getProperties())).toEqual({ image: "a", password: "p" });
});

test("the preview of an update keeps what stays, and does not know what is renewed", () => {
  const old = {
    image: "a",
    size: 8,
    address: "10.0.0.1",
    version: 1,
    tags: { Name: "x" },
    tagsAll: { Owner: "ops", Name: "x" },
  };
  const { values } = new Service().life.previewUpdate(TOKEN, operation, "h-1", old, inputs({ image: "a" }));
  expect(values).toEqual({ image: "a", size: 8, address: "10.0.0.1", version: UNKNOWN, tagsAll: { Owner: "ops" } });
});

test("an update is told what differs, and what follows from it", async () => {
  const service = new Service();
  const { values } = await service.life.create(TOKEN, operation, inputs({ image: "a" }));
  const news = inputs({ image: "a", size: 9, tags: { Name: "x" } });
  const state = await service.life.update(TOKEN, operation, "h-1", values, { image: "a" }, news);
  expect(service.updates.map((changed) => changed.sort())).toEqual([["size", "tags", "tagsAll"]]);
  expect(state.values).toMatchObject({ size: 9, version: 2 });
});

test("a change of what the provider derives is a change by itself", () => {
  const old = { image: "a", tagsAll: { Owner: "someone" } };
  const { changes, changed } = new Service().life.diff(TOKEN, operation, old, { image: "a" }, { image: "a" });
  expect([...changes]).toEqual([["tagsAll.Owner", { kind: "update", replace: false }]]);
  expect([...changed]).toEqual(["tagsAll"]);
});

test("what is gone reads as nothing, and is deleted without complaint", async () => {
  const { life } = new Service();
  expect(await life.read(TOKEN, operation, "h-9", inputs({}))).toBeUndefined();
  await expect(life.delete(TOKEN, operation, "h-9", {})).resolves.toBeUndefined();
});

test("a type that is not in the table is refused by name", () => {
  expect(() => new Service().life.row("test:host:Disk")).toThrow(
    "the stand-in for pulumi-resource-test has no resource type test:host:Disk",
  );
});
