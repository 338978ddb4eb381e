import { SECRET, SIGNATURE } from "../../local/plugins/core/wire";
import type { World } from "../../recover/world";
import { outcomeOf } from "../../recover/outcome";
import { search } from "../../recover/search";
import {
  type Operation,
  type Resource,
  type State,
  UNVERIFIED,
  knownIds,
  settle,
  unverified,
  wasInterrupted,
} from "../../recover/state";

const GROUP = "aws:ec2/securityGroup:SecurityGroup";
const PARAMETER = "aws:ssm/parameter:Parameter";
const INSTANCE = "aws:ec2/instance:Instance";

const urnOf = (type: string, name: string) => `urn:pulumi:dev::realm-cluster::${type}::${name}`;
const resource = (type: string, name: string, more: Partial<Resource> = {}): Resource => ({
  urn: urnOf(type, name),
  type,
  custom: true,
  inputs: { tags: { Name: name } },
  ...more,
});
const pending = (type: Operation["type"], of: Resource): Operation => ({ type, resource: of });
const stateOf = (resources: Resource[], operations: Operation[] = []): State => ({
  version: 3,
  deployment: { manifest: { time: "2026-01-01T00:00:00Z" }, resources, pending_operations: operations },
});
const names = ({ deployment }: State) =>
  deployment.resources!.map(({ urn, id }) => `${urn.split("::").pop()} ${id ?? "-"}`);

describe("a state", () => {
  test("was interrupted where something is pending, or was not compared with AWS yet", () => {
    const made = resource(GROUP, "a", { id: "sg-1" });
    expect(wasInterrupted(stateOf([made]))).toBe(false);
    expect(wasInterrupted(stateOf([], [pending("creating", made)]))).toBe(true);
    expect(wasInterrupted(stateOf([{ ...made, initErrors: [UNVERIFIED] }]))).toBe(true);
    expect(wasInterrupted(stateOf([{ ...made, initErrors: ["it did not come up"] }]))).toBe(false);
  });

  test("takes in what a creation has made, with its inputs, and forgets what was not made", () => {
    const inputs = { name: "a-1f", tags: { Name: "a" }, __defaults: ["name"] };
    const [made, not] = [resource(GROUP, "a", { inputs }), resource(GROUP, "b")];
    const operations = [pending("creating", made), pending("creating", not)];
    const { deployment } = settle(stateOf([], operations), new Map([[operations[0], "sg-1"]]));
    expect(deployment.pending_operations).toEqual([]);
    expect(deployment.resources).toEqual([
      { ...made, id: "sg-1", outputs: { name: "a-1f", tags: { Name: "a" } }, initErrors: [UNVERIFIED] },
    ]);
  });

  test("marks what was being changed or deleted, and nothing else", () => {
    const all = ["updated", "deleted", "read", "other"].map((name) => resource(GROUP, name, { id: `sg-${name}` }));
    const gone = resource(GROUP, "gone", { id: "sg-gone", pendingReplacement: true });
    const operations = [
      pending("updating", all[0]),
      pending("deleting", all[1]),
      pending("reading", all[2]),
      pending("deleting", gone),
    ];
    const { deployment } = settle(stateOf([...all, gone], operations), new Map());
    const marked = deployment.resources!.filter(({ initErrors }) => initErrors?.includes(UNVERIFIED));
    expect(marked.map(({ id }) => id)).toEqual(["sg-updated", "sg-deleted"]);
  });

  test("marks what a command does something to at its end, as it has nothing in AWS itself", () => {
    const attached = resource("aws:lb/targetGroupAttachment:TargetGroupAttachment", "core", { id: "tga-1" });
    const commands = ["drain", "in-service"].map((name) =>
      resource("command:local:Command", name, { id: `${name}1`, dependencies: [attached.urn] }),
    );
    const marked = (type: Operation["type"], of: Resource) =>
      unverified(settle(stateOf([attached, ...commands], [pending(type, of)]), new Map())).map(({ id }) => id);
    expect(marked("deleting", commands[0])).toEqual(["tga-1", "drain1"]);
    expect(marked("updating", commands[1])).toEqual(["in-service1"]);
  });

  test("has the successor of what was deleted already in its place, before what depends on it", () => {
    const old = resource(INSTANCE, "host", { id: "i-1", pendingReplacement: true });
    const attachment = resource("aws:ec2/volumeAttachment:VolumeAttachment", "host", {
      ...{ id: "vai-1", dependencies: [old.urn], pendingReplacement: true },
    });
    const turn = resource("command:local:Command", "turn", { id: "turn1" });
    const made = resource(INSTANCE, "host", { dependencies: [turn.urn] });
    const operation = pending("creating", made);
    const settled = settle(stateOf([old, attachment, turn], [operation]), new Map([[operation, "i-2"]]));
    expect(names(settled)).toEqual(["turn turn1", "host i-2", "host vai-1"]);
  });

  test("forgets what is over, on which the engine would break, and that anything depended on it", () => {
    const over = resource("command:local:Command", "drain", { id: "drain1", delete: true, pendingReplacement: true });
    const after = resource("command:local:Command", "after", {
      ...{ id: "after1", dependencies: [over.urn], propertyDependencies: { environment: [over.urn] } },
    });
    const state = stateOf([over, after]);
    expect(wasInterrupted(state)).toBe(true);
    expect(settle(state, new Map()).deployment.resources).toEqual([
      { ...after, dependencies: [], propertyDependencies: { environment: [] } },
    ]);
  });

  test("has what a successor takes the place of deleted by the next update", () => {
    const old = resource(GROUP, "a", { id: "sg-1", inputs: { description: "one" } });
    const operation = pending("creating", resource(GROUP, "a", { inputs: { description: "two" } }));
    const { deployment } = settle(stateOf([old], [operation]), new Map([[operation, "sg-2"]]));
    expect(deployment.resources!.map((each) => [each.id, each.delete])).toEqual([
      ["sg-1", true],
      ["sg-2", undefined],
    ]);
  });

  test("has what was made once too often deleted by the next update: an update went on without a recovery", () => {
    const secret = (ciphertext: string) => ({ [SIGNATURE]: SECRET, ciphertext });
    const inputs = (name: string) => ({ name, value: secret(name), __defaults: ["name"] });
    const later = resource(GROUP, "a", { id: "sg-2", inputs: inputs("a-2") });
    const operation = pending("creating", resource(GROUP, "a", { inputs: inputs("a-1") }));
    const { deployment } = settle(stateOf([later], [operation]), new Map([[operation, "sg-1"]]));
    expect(deployment.resources!.map((each) => [each.id, each.delete])).toEqual([
      ["sg-2", undefined],
      ["sg-1", true],
    ]);
  });

  test("knows the ids of what waits to be deleted, not of what is deleted", () => {
    const all = [
      resource(GROUP, "a", { id: "sg-1" }),
      resource(GROUP, "a", { id: "sg-2", delete: true }),
      resource(GROUP, "b", { id: "sg-3", pendingReplacement: true }),
      resource(PARAMETER, "c", { id: "/c" }),
    ];
    expect([...knownIds(stateOf(all), GROUP)]).toEqual(["sg-1", "sg-2"]);
  });
});

describe("what is told of something that was under way", () => {
  const [group, command] = [resource(GROUP, "a"), resource("command:local:Command", "a-drain", { id: "drain1" })];
  const after = (...ids: string[]) => stateOf(ids.map((id) => ({ ...group, id })));

  test.each<[Operation["type"], Resource, string | undefined, State, string]>([
    ["creating", group, "sg-1", after("sg-1"), "AWS has it, and now the state: sg-1"],
    ["creating", group, "sg-1", after(), "AWS had it, and it is gone: sg-1"],
    ["creating", group, undefined, after("sg-0"), "nothing to keep, the next update makes it"],
    ["updating", group, undefined, after("sg-0"), "AWS has it, and the state is as AWS says"],
    ["updating", group, undefined, after(), "it is gone"],
    ["deleting", { ...group, id: "sg-0" }, undefined, after("sg-0"), "AWS has it, and the state is as AWS says"],
    ["deleting", { ...group, id: "sg-0" }, undefined, after("sg-1"), "it is gone"],
    ["deleting", command, undefined, stateOf([command]), "the next update does it where it is still wanted"],
  ])("%s %j, with %s made, where the state has %j then", (type, of, made, state, told) => {
    expect(outcomeOf(pending(type, of), made, state)).toBe(
      `${of.urn.split("::").pop()} (${of.type}), interrupted while ${type}: ${told}`,
    );
  });
});

describe("the search for what a creation has made", () => {
  /** An AWS in which there are these security groups of each name. */
  const world = (groups: Record<string, string[]>) =>
    ({
      ec2: {
        describeSecurityGroups: async ({ Filters }: { Filters: { Name: string; Values: string[] }[] }) => {
          const [name] = Filters.find(({ Name }) => Name === "tag:Name")!.Values;
          return { SecurityGroups: (groups[name] ?? []).map((GroupId) => ({ GroupId })) };
        },
      },
    }) as unknown as World;
  const creating = (type: string, name: string, inputs: Record<string, unknown> = { tags: { Name: name } }) =>
    pending("creating", resource(type, name, { inputs }));
  const find = async (state: State, groups: Record<string, string[]> = {}, given: Record<string, string> = {}) => [
    ...(await search(state, world(groups), given)).values(),
  ];

  test("finds it by its tags, unless the state has it already", async () => {
    const known = resource(GROUP, "other", { id: "sg-1" });
    const state = stateOf([known], [creating(GROUP, "a"), creating(GROUP, "b")]);
    expect(await find(state, { a: ["sg-1", "sg-2"] })).toEqual(["sg-2"]);
  });

  test("knows the id of what has a name, and finds nothing where there is nothing to find", async () => {
    const operations = [
      creating(PARAMETER, "key", { name: "/realm-cluster/dev/key" }),
      creating("random:index/randomId:RandomId", "salt"),
      creating("command:local:Command", "gate"),
    ];
    expect(await find(stateOf([], operations))).toEqual(["/realm-cluster/dev/key"]);
  });

  test("does not guess: of two that could be it a person says which, or that neither is", async () => {
    const state = stateOf([], [creating(GROUP, "a")]);
    const { urn } = state.deployment.pending_operations![0].resource;
    await expect(find(state, { a: ["sg-1", "sg-2"] })).rejects.toThrow(
      `${urn}: AWS has sg-1 and sg-2, which could each be it`,
    );
    expect(await find(state, { a: ["sg-1", "sg-2"] }, { [urn]: "sg-2" })).toEqual(["sg-2"]);
    expect(await find(state, { a: ["sg-1", "sg-2"] }, { [urn]: "none" })).toEqual([]);
  });

  test("finds as many as there were creations of it", async () => {
    const state = stateOf([], [creating(GROUP, "a"), creating(GROUP, "a")]);
    expect(await find(state, { a: ["sg-1", "sg-2"] })).toEqual(["sg-1", "sg-2"]);
  });

  test("says all that it cannot tell, at once, and how a person looks", async () => {
    const state = stateOf([], [creating("aws:kms/key:Key", "key"), creating("aws:ec2/fleet:Fleet", "fleet")]);
    await expect(find(state)).rejects.toThrow(
      /::key: look for it with: aws kms list-keys\n.*::fleet: nobody knows how to find aws:ec2\/fleet:Fleet\n.*--made URN=ID/,
    );
  });

  test("does not take an id for a creation that was not interrupted", async () => {
    const state = stateOf([], [creating(GROUP, "a")]);
    await expect(find(state, { a: ["sg-1"] }, { "urn:mistyped": "sg-1" })).rejects.toThrow(
      "urn:mistyped: --made names it, but no creation of it was interrupted",
    );
  });

  test("takes an id that a person gives of a type that nobody knows how to find", async () => {
    const fleet = creating("aws:ec2/fleet:Fleet", "fleet");
    expect(await find(stateOf([], [fleet]), {}, { [fleet.resource.urn]: "fleet-1" })).toEqual(["fleet-1"]);
  });
});
