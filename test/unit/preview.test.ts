import { parse, stringify } from "yaml";
import { listChanges } from "../../preview/changes";
import type { Digest, ResourceState, Step, Values } from "../../preview/digest";
import { parseDigest } from "../../preview/digest";
import { renderMarkdown, renderText } from "../../preview/render";
import { makeReport } from "../../preview/report";
import { decodeUserData, diffUserData } from "../../preview/userData";
import { verdict } from "../../preview/verdict";
import { render } from "./userdataHosts";

const INSTANCE = "aws:ec2/instance:Instance";
const VOLUME = "aws:ebs/volume:Volume";
const GATE = "command:local:Command";

const urn = (type: string, name: string) => `urn:pulumi:prod::realm-cluster::realm-cluster:index:Host$${type}::${name}`;

interface Given {
  before?: Values;
  after?: Values;
  paths?: string[];
  dependencies?: string[];
  retainOnDelete?: boolean;
}

function step(op: string, type: string, name: string, given: Given = {}): Step {
  const { before = {}, after = {}, paths = [], dependencies, retainOnDelete } = given;
  const common = { urn: urn(type, name), type, custom: !type.startsWith("realm-cluster:"), retainOnDelete };
  const oldState: ResourceState = { ...common, inputs: before };
  const newState: ResourceState = { ...common, inputs: after, dependencies };
  const detailedDiff = Object.fromEntries(paths.map((path) => [path, { kind: "update", inputDiff: true }]));
  return {
    op,
    urn: common.urn,
    ...(op !== "create" && { oldState }),
    ...(op !== "delete" && { newState }),
    detailedDiff,
  };
}

const roll = (name: string, dependencies: string[] = []) => step("replace", INSTANCE, name, { dependencies });
const text = (...steps: Step[]) => renderText(makeReport({ steps }));

describe("the verdict", () => {
  const said = (...steps: Step[]) => verdict({ steps, changeSummary: { same: 57 } });

  test("is that nothing changes, when nothing but components does", () => {
    const nothing = ["Nothing changes: 57 resources stay as they are."];
    expect(said()).toEqual(nothing);
    expect(said(step("same", INSTANCE, "a"), step("update", "realm-cluster:index:Host", "a"))).toEqual(nothing);
  });

  test("tells the order of replacement by what waits for what, also through gates", () => {
    const gate = (name: string) => step("update", GATE, `${name}-boot`, { dependencies: [urn(INSTANCE, name)] });
    expect(
      said(
        roll("consul-03", [urn(GATE, "consul-02-boot")]),
        gate("consul-02"),
        roll("consul-02", [urn(GATE, "consul-01-boot")]),
        gate("consul-01"),
        roll("consul-01"),
        roll("core-01", [urn(GATE, "consul-01-boot")]),
      ),
    ).toEqual([
      "Resources: 4 to replace, 2 to update.",
      "Hosts replaced: consul-01, then consul-02 and core-01, then consul-03.",
      "No data volume is touched.",
    ]);
  });

  test("tells what becomes of data", () => {
    expect(said(step("create", VOLUME, "new")).at(-1)).toBe("No data volume is touched.");
    const touched = said(
      step("update", VOLUME, "grown"),
      step("delete", VOLUME, "kept", { retainOnDelete: true }),
      step("replace", VOLUME, "moved", { retainOnDelete: true }),
      step("delete", VOLUME, "lost"),
    );
    expect(touched.slice(1)).toEqual([
      "Data volumes changed in place: grown.",
      "Data volumes that leave the stack and stay in AWS: kept, moved.",
      "DATA VOLUMES DELETED: lost.",
    ]);
  });

  test("names hosts that are made, changed in place, and that go", () => {
    const steps = [step("create", INSTANCE, "d"), step("update", INSTANCE, "c"), step("delete", INSTANCE, "b")];
    expect(said(...steps)).toEqual([
      "Resources: 1 to create, 1 to update, 1 to delete.",
      "Hosts made: d.",
      "Hosts changed without a replacement: c.",
      "Hosts that go: b.",
      "No data volume is touched.",
    ]);
  });
});

describe("changes", () => {
  const details = (before: Values, after: Values, ...paths: string[]) =>
    listChanges({ steps: [step("update", GATE, "a", { before, after, paths })] })[0].details;

  test("that several resources have in common, apart from their names, are told once", () => {
    const named = (name: string) => ({ before: { tags: { Name: name } }, after: { tags: { Name: `${name}!` } } });
    const steps = ["a-01", "a-02", "a-03"].map((name) =>
      step("update", INSTANCE, name, { ...named(name), paths: ["tags.Name"] }),
    );
    expect(listChanges({ steps })).toEqual([
      {
        operation: "update",
        type: "aws:ec2:Instance",
        names: ["a-01", "a-02", "a-03"],
        details: ['tags.Name: "a-01" => "a-01!"'],
      },
    ]);
  });

  test.each([
    ["a.b", { a: { b: 1 } }, { a: { b: 2 } }, "a.b: 1 => 2"],
    ["a[1]", { a: [0, 1] }, { a: [0, 2] }, "a[1]: 1 => 2"],
    ['a["b.c"]', { a: { "b.c": 1 } }, { a: { "b.c": 2 } }, 'a["b.c"]: 1 => 2'],
    ["a", {}, { a: "x" }, 'a: (none) => "x"'],
    ["a", { a: "[secret]" }, { a: "[secret]" }, "a: [secret] => [secret]"],
    ["a", { a: "i-1" }, { a: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" }, "a: known after the update"],
    ["a", { a: "0a".repeat(32) }, { a: "1b".repeat(32) }, "a: another digest"],
    ["a", { a: "x".repeat(200) }, { a: "y" }, `a: "${"x".repeat(119)}... => "y"`],
  ])("at %s of %j and %j", (path, before, after, line) => {
    expect(details(before, after, path)).toEqual([line]);
  });

  test("of a policy, which is JSON in a string, are shown by line", () => {
    const policy = (action: string) => JSON.stringify({ Statement: [{ Action: [action], Resource: "*" }] });
    expect(details({ policy: policy("ssm:Get") }, { policy: policy("ssm:Put") }, "policy")).toEqual([
      "policy:",
      expect.stringMatching(/^@@/),
      "     {",
      '       "Action": [',
      '-        "ssm:Get"',
      '+        "ssm:Put"',
      "       ],",
      '       "Resource": "*"',
    ]);
  });

  test("are named by input where the provider tells no paths", () => {
    const changed = { ...step("update", GATE, "a", { before: { b: 1 }, after: { b: 2 } }), diffReasons: ["b"] };
    expect(listChanges({ steps: [changed] })[0].details).toEqual(["b: 1 => 2"]);
  });
});

describe("user data", () => {
  const { text: plain, base64 } = render("core");

  test("is read as it is given: as text, in base64, compressed", () => {
    expect(decodeUserData({ userDataBase64: base64 })).toBe(plain);
    expect(decodeUserData({ userDataBase64: Buffer.from(plain).toString("base64") })).toBe(plain);
    expect(decodeUserData({ userData: plain })).toBe(plain);
    expect(decodeUserData({})).toBe("");
  });

  test("differs in nothing from itself, and by file, attributes and cloud-config from others", () => {
    expect(diffUserData(plain, plain)).toEqual([]);
    const changed = parse(plain) as { write_files: { path: string; permissions: string }[]; runcmd: string[][] };
    const file = (path: string) => changed.write_files.find((one) => one.path === path)!;
    file("/etc/realm-cluster/host.env").permissions = "0600";
    changed.write_files = changed.write_files.filter(({ path }) => path !== "/etc/sysusers.d/consul.conf");
    changed.runcmd.push(["reboot"]);
    const diff = diffUserData(plain, `#cloud-config\n${stringify(changed)}`).filter((line) => /^[-+]/.test(line));
    expect(diff).toEqual([
      "--- /etc/realm-cluster/host.env 0644 root:root",
      "+++ /etc/realm-cluster/host.env 0600 root:root",
      "--- /etc/sysusers.d/consul.conf 0644 root:root",
      "+++ /dev/null",
      '-u consul - "Consul agent"',
      "--- cloud-config",
      "+++ cloud-config",
      "+  - - reboot",
    ]);
  });

  test("that is no cloud-config is compared as one text", () => {
    expect(diffUserData("#!/bin/sh\na\n", "#!/bin/sh\nb\n")).toEqual(
      expect.arrayContaining(["--- user-data", "+++ user-data", "-a", "+b"]),
    );
  });

  test("of hosts with one change is shown once, whatever their names, and apart from a host with another", () => {
    const host = (name: string, cluster: string) => {
      // In host.env the host's name is beside the cluster's, and so in the diff.
      const of = (named: string) => ({ userDataBase64: render("core", { name, cluster: named }).base64 });
      return step("replace", INSTANCE, name, { before: of("dev"), after: of(cluster), paths: ["userDataBase64"] });
    };
    const shown = text(host("core-01", "prod"), host("core-02", "prod"), host("core-03", "test"));
    expect(shown.match(/^User data of .*/gm)).toEqual([
      "User data of core-01, core-02 (as for core-01)",
      "User data of core-03",
    ]);
    expect(shown).toContain(' HOST_NAME="core-01"\n-CLUSTER_NAME="dev"\n+CLUSTER_NAME="prod"\n');
    expect(shown).not.toMatch(/[A-Za-z0-9+/]{60}/);
  });
});

describe("rendered", () => {
  const change = (before: string, after: string): Digest => ({
    steps: [step("update", GATE, "a", { before: { text: before }, after: { text: after }, paths: ["text"] })],
  });

  test("as Markdown, nothing in a diff ends its fence, and nothing outside of one is markup", () => {
    const evil = "````\n<img src=x> @everyone\n```";
    const shown = renderMarkdown("Preview of <b>", makeReport(change("a\nb", evil)));
    expect(shown).toContain("### Preview of \\<b\\>\n");
    const [, fence, body] = /\n(`{3,})diff\n([^]*?\n)\1\n/.exec(shown)!;
    expect(fence).toBe("`````");
    expect(body).toContain("+````\n+<img src=x> @everyone\n+```\n");
  });

  test("as Markdown, it fits into a comment and says what it leaves out", () => {
    const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index}\n`);
    const whole = makeReport(change("", lines.join("")));
    const shown = renderMarkdown("Preview", whole);
    expect(shown.length).toBeLessThanOrEqual(64_000);
    expect(shown.length).toBeGreaterThan(63_900);
    expect(shown).toMatch(/\n```\n\n\d+ more lines under _Changes_ are in the log of the workflow's run\.\n$/);
    const left = Number(/(\d+) more lines/.exec(shown)![1]);
    const kept = shown.split("\n```diff\n")[1].split("\n```\n")[0].split("\n").length;
    expect(left + kept).toBe(whole.sections[0].lines.length);
  });

  test("as text, all of it is there", () => {
    expect(renderText(makeReport(change("one", "two")))).toBe(
      'Resources: 1 to update.\nNo data volume is touched.\n\nChanges\n\n! update command:local:Command a\n    text: "one" => "two"\n',
    );
  });

  test("a failure tells its reason, from the engine or from before it began", () => {
    const diagnostics = [
      { severity: "warning", message: "warning: using a plugin from $PATH" },
      { severity: "error", message: "error: no such zone\n" },
    ];
    expect(renderText(makeReport({ diagnostics }, "exit"))).toBe("The preview failed.\n\nWhy\n\nerror: no such zone\n");
    expect(renderText(makeReport(undefined, "no stack\n"))).toBe("The preview failed.\n\nWhy\n\nno stack\n");
  });

  test("a warning about a resource is shown, one about the engine is not", () => {
    const diagnostics = [
      { severity: "warning", message: "warning: deprecated", urn: urn(INSTANCE, "a") },
      { severity: "warning", message: "warning: using a plugin from $PATH" },
    ];
    const { sections } = makeReport({ diagnostics });
    expect(sections).toEqual([{ title: "Messages", lines: ["warning: deprecated"] }]);
  });
});

test("the digest is found behind what a program printed, and is not where there is none", () => {
  expect(parseDigest('hello\n{"steps": []}\n')).toEqual({ steps: [] });
  expect(parseDigest("")).toBeUndefined();
});
