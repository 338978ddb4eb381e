import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as fc from "fast-check";

/* eslint-disable @typescript-eslint/no-require-imports -- The stand-ins are packages for Node.js 8. */
const packages = "../../local/realm/packages";
const fs = require("fs");
const { compile } = require(`${packages}/realm/lib/query`);
const { apply, clone, difference } = require(`${packages}/realm/lib/state`);
const { inferSchema } = require(`${packages}/realm/lib/inferred`);
const { Rebased } = require(`${packages}/realm/lib/rebased`);
const { Store } = require(`${packages}/realm-object-server-enterprise/lib/store`);

describe("queries", () => {
  const permission = { user: { userId: "u1" }, mayWrite: false, realmFile: { path: "/u1/__permission" }, count: 2 };

  // The first ones are realm-object-server's own.
  test.each([
    ["user.userId = $0 OR user.userId = null", ["u1"], true],
    ["user.userId = $0 OR user.userId = null", ["u2"], false],
    ['user != null AND mayWrite != true AND realmFile.path ENDSWITH "/__permission"', [], true],
    ["realmFile.path = '/a' || realmFile.path = '/u1/__permission'", [], true],
    ["user.userId == $0 && realmFile.path == $1", ["u1", "/b"], false],
    ["(count < 2 or count > 2) and mayWrite = false", [], false],
    ["missing.deep == null", [], true],
    ["count >= $0", [new Date(3)], false],
  ])("%s with %j is %s", (query, args, expected) => {
    expect(compile(query, args)(permission)).toBe(expected);
  });

  test.each(["user.userId =", "a = 1 2", "a ~ 1", "a = $0"])("%j is refused", (query) => {
    expect(() => compile(query, [])).toThrow("the query");
  });
});

describe("a realm's state", () => {
  test("a copy does not change with its original", () => {
    const state = Object.create(null);
    apply(state, [["set", "Thing", "1", { x: 1 }]]);
    const copy = clone(state);
    apply(state, [["set", "Thing", "1", { x: 2 }]]);
    expect(copy.Thing["1"]).toEqual({ x: 1 });
  });

  test("an operation that it does not know is refused", () => {
    expect(() => apply({}, [["increment", "Thing", "1"]])).toThrow("unknown operation increment");
  });

  test("a difference names the places of what came, changed and went", () => {
    const row = (name: string, x: number) => ({ key: name, data: { x } });
    const before = [row("a", 1), row("b", 1), row("c", 1)];
    const after = [row("b", 2), row("c", 1), row("d", 1)];
    expect(difference(before, after)).toEqual({ insertions: [2], modifications: [0], deletions: [0] });
  });
});

test("a realm that is opened without a schema has the classes that its objects show", () => {
  const state = {
    Thing: {
      a: { id: "a", size: 1, price: 1, isNew: true, at: { $date: 0 }, owner: { $link: ["Owner", "1"] }, note: null },
      b: { id: "b", size: 2, price: 1.5, parts: [{ $link: ["Thing", "a"] }], tags: [] },
    },
    Empty: {},
  };
  expect(inferSchema(state)).toEqual([
    {
      name: "Thing",
      primaryKey: "id",
      properties: {
        id: { type: "string", optional: true },
        size: { type: "int", optional: true },
        price: { type: "double", optional: true },
        isNew: { type: "bool", optional: true },
        at: { type: "date", optional: true },
        owner: { type: "object", objectType: "Owner", optional: true },
        parts: { type: "list", objectType: "Thing" },
      },
    },
  ]);
});

describe("replicas of a realm", () => {
  const key = fc.constantFrom("1", "2", "3");
  const value = fc.dictionary(fc.constantFrom("x", "y"), fc.integer(), { maxKeys: 2 });
  const operation = fc.oneof(
    fc.tuple(fc.constant("set"), fc.constant("Thing"), key, value),
    fc.tuple(fc.constant("delete"), fc.constant("Thing"), key),
    fc.tuple(fc.constant("clear")),
  );
  const replica = fc.constantFrom(0, 1);
  // A replica writes; or the master puts a replica's oldest changeset in order; or a replica hears the next of that
  // order.
  const step = fc.oneof(
    fc.record({ kind: fc.constant("write"), replica, ops: fc.array(operation, { minLength: 1, maxLength: 3 }) }),
    fc.record({ kind: fc.constant("order"), replica }),
    fc.record({ kind: fc.constant("hear"), replica }),
  );

  test("end up equal, whatever they wrote ahead of each other", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const views = [new Rebased(), new Rebased()];
        const sent: { id: string; ops: unknown[] }[][] = [[], []];
        const ordered: { id: string; ops: unknown[]; version: number }[] = [];
        const order = (from: number) => {
          const next = sent[from].shift();
          if (next) ordered.push({ ...next, version: ordered.length + 1 });
        };
        const hear = (to: number) => {
          const next = ordered[views[to].version];
          if (next) views[to].confirm(next);
        };
        steps.forEach((one, i) => {
          if (one.kind === "order") return order(one.replica);
          if (one.kind === "hear") return hear(one.replica);
          const { ops } = one as unknown as { ops: unknown[] };
          apply(views[one.replica].state, ops);
          views[one.replica].commit(`c${i}`, ops);
          sent[one.replica].push({ id: `c${i}`, ops });
        });
        for (const from of [0, 1]) while (sent[from].length > 0) order(from);
        for (const to of [0, 1]) while (views[to].version < ordered.length) hear(to);

        const master = Object.create(null);
        for (const { ops } of ordered) apply(master, ops);
        const whole = (state: object) => JSON.stringify(state, (_, v) => (Array.isArray(v) ? v : sorted(v)));
        expect(views.map((view) => whole(view.state))).toEqual([whole(master), whole(master)]);
      }),
    );
  });

  /** Objects by key, and classes without objects left out: in what order they were made does not matter. */
  function sorted(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).filter(([, one]) => JSON.stringify(one) !== "{}");
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
});

describe("a sync worker's store", () => {
  let directory: string;

  beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), "realm-store-"))));
  afterEach(() => rmSync(directory, { recursive: true }));

  const changeset = (id: string) => ({ id, ops: [["set", "Thing", id, { x: 1 }]] });
  const open = () => new Store(path.join(directory, "sync/realms"));

  test("has after a restart what it had acknowledged", async () => {
    const store = open();
    expect(await store.append("/a", changeset("c1"))).toBe(1);
    expect(await store.append("/a", changeset("c2"))).toBe(2);
    expect(await store.append("/b/~", changeset("c1"))).toBe(1);
    store.close();
    const again = open();
    expect(again.paths().sort()).toEqual(["/a", "/b/~"]);
    expect(again.since("/a", 1)).toEqual([{ version: 2, ...changeset("c2") }]);
    expect(again.versionOf("/a", "c1")).toBe(1);
    again.close();
  });

  test("drops a line that a crash left half-written, and writes over it", async () => {
    const store = open();
    await store.append("/a", changeset("c1"));
    store.close();
    const file = path.join(directory, "sync/realms", encodeURIComponent("/a") + ".log");
    appendFileSync(file, '{"id":"c2","ops":[["set","Thi');
    const again = open();
    expect(again.version("/a")).toBe(1);
    expect(await again.append("/a", changeset("c3"))).toBe(2);
    again.close();
    expect(
      readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).id),
    ).toEqual(["c1", "c3"]);
  });

  test("acknowledges nothing that a disk without room has taken a part of", async () => {
    const store = open();
    await store.append("/a", changeset("c1"));
    type Write = (fd: number, data: Buffer, from: number, size: number, at: number, done: WriteDone) => void;
    type WriteDone = (error: Error | null, written?: number) => void;
    const { write } = fs as { write: Write };
    const nearlyFull = jest
      .spyOn(fs as { write: Write }, "write")
      .mockImplementationOnce((fd, data, from, _size, at, done) => write(fd, data, from, 5, at, done))
      .mockImplementationOnce((_fd, _data, _from, _size, _at, done) => done(new Error("ENOSPC")));
    await expect(store.append("/a", changeset("c2"))).rejects.toThrow("ENOSPC");
    nearlyFull.mockRestore();
    expect(await store.append("/a", changeset("c3"))).toBe(2);
    store.close();
    const again = open();
    expect(again.since("/a", 0).map(({ id }: { id: string }) => id)).toEqual(["c1", "c3"]);
    again.close();
  });

  test("is empty after it was cleared, also on disk", async () => {
    const store = open();
    await store.append("/a", changeset("c1"));
    store.clear();
    expect(store.version("/a")).toBe(0);
    store.close();
    const again = open();
    expect(again.paths()).toEqual([]);
    again.close();
  });
});
