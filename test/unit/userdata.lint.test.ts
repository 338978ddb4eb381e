import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { compileFunction } from "node:vm";
import * as ts from "typescript";
import { parse } from "yaml";
import { ensureTestPackages, ensureTools } from "../../local/tools";
import { missingRequirement } from "../../local/tools/requirements";
import { packed } from "../../userdata/packing";
import { watch } from "../../userdata/services";
import { describeOnHosts } from "../cluster/support";
import { kinds, render } from "./userdataHosts";

const repository = resolve(__dirname, "../..");
const directory = mkdtempSync(join(tmpdir(), "userdata-"));
let consul: string;

beforeAll(async () => {
  // The hosts' own tools can be brought only where the local cluster can run.
  if (missingRequirement()) return;
  const report = (line: string) => process.stderr.write(`${line}\n`);
  await ensureTestPackages(report);
  consul = (await ensureTools(report)).consul;
}, 20 * 60_000);

afterAll(() => rmSync(directory, { recursive: true }));

/** How a tool ended, and everything that it printed. */
function lint(command: string, args: string[], input?: string): { status: number | null; output: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, encoding: "utf8", cwd: repository });
  if (error) throw error;
  return { status, output: stdout + stderr };
}

const fine = { status: 0, output: "" };

/** What `systemd-analyze security` makes of a unit: 10 is one that may do everything. */
function exposure(unit: string): number {
  const { output } = lint("systemd-analyze", ["security", "--offline=true", "--no-pager", unit]);
  const [, level] = /Overall exposure level for \S+: ([\d.]+)/.exec(output) ?? [];
  if (level === undefined) throw new Error(`systemd-analyze tells no exposure of ${unit}: ${output}`);
  return Number(level);
}
const MOST_EXPOSED = 2.2;
/** Formats disks, installs software and makes users. */
const isPrivileged = (path: string) => path.endsWith("/realm-cluster-boot.service");

// What the deployment puts on hosts, as if user data did.
kinds["that is watched"] = [
  ...kinds["dedicated worker"],
  { ...watch({ metrics: "realm-cluster/dev", logs: "/realm-cluster/dev" }), apart: false },
];

describeOnHosts("a host", () => {
  describe.each(Object.keys(kinds))("of kind %s", (kind) => {
    const root = join(directory, kind.replaceAll(" ", "-"));

    beforeAll(() => {
      for (const { path, content, permissions = "0644" } of parse(render(kind).text).write_files) {
        place(path, content, parseInt(permissions, 8));
      }
      // What the image has, and what the boot installs before the units start.
      const programs = [
        "/bin/bash",
        "/bin/kill",
        "/usr/bin/python3",
        "/usr/bin/systemd-sysusers",
        "/usr/local/bin/consul",
      ];
      for (const path of [...programs, "/opt/node/bin/node"]) place(path, "", 0o755);
      const system = "/usr/lib/systemd/system";
      for (const name of readdirSync(system).filter((unit) => /\.(target|slice)$/.test(unit))) {
        cpSync(join(system, name), join(root, system, name), { verbatimSymlinks: true });
      }
    });

    function place(path: string, content: string, mode: number) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
      chmodSync(join(root, path), mode);
    }

    test("has user data that cloud-init accepts", () => {
      const schema = (text: string) => {
        place("/user-data", text, 0o644);
        return lint("cloud-init", ["schema", "--config-file", join(root, "user-data")]);
      };
      const { text } = render(kind);
      expect(schema(text)).toMatchObject({ status: 0, output: expect.stringContaining("Valid cloud-config") });
      if (kind !== "core") return;
      expect(schema(text.replace("permissions: ", "permission: "))).toMatchObject({ status: 1 });
    });

    test("has units that systemd accepts, and whose programs are there", () => {
      const units = "/etc/systemd/system";
      const verify = (names: string[]) =>
        lint("systemd-analyze", ["verify", `--root=${root}`, ...names.map((name) => join(units, name))]);
      expect(verify(readdirSync(join(root, units)).filter((name) => !name.endsWith(".d")))).toEqual(fine);

      const boot = readFileSync(join(root, units, "realm-cluster-boot.service"), "utf8");
      place(join(units, "misspelt.service"), boot.replace("Restart=", "Restarts="), 0o644);
      expect(verify(["misspelt.service"]).output).toMatch(/Unknown key.*'Restarts'/);
      place(join(units, "absent.service"), boot.replace("/usr/bin/python3", "/usr/bin/python4"), 0o644);
      expect(verify(["absent.service"]).output).toContain("/usr/bin/python4 is not executable");
    });

    test("has services that may do little, but for the boot, which is the host's administrator", () => {
      const files: { path: string }[] = parse(render(kind).text).write_files;
      const services = files.map(({ path }) => path).filter((path) => path.endsWith(".service") && !isPrivileged(path));
      expect(services).not.toEqual([]);
      expect(services.filter((path) => exposure(join(root, path)) > MOST_EXPOSED)).toEqual([]);
      const consulUnit = readFileSync(join(root, "/etc/systemd/system/consul.service"), "utf8");
      place("/etc/open/consul.service", consulUnit.replace(/^(Protect|Restrict|SystemCall).*$/gm, ""), 0o644);
      expect(exposure(join(root, "/etc/open/consul.service"))).toBeGreaterThan(MOST_EXPOSED);
    });

    test("has a Consul configuration that Consul accepts", () => {
      const validate = () => lint(consul, ["validate", join(root, "etc/consul.d")]);
      expect(validate()).toMatchObject({ status: 0 });
      place("/etc/consul.d/wrong.json", '{"bootstrap_expects": 3}', 0o644);
      expect(validate()).toMatchObject({ status: 1, output: expect.stringContaining("bootstrap_expects") });
    });
  });
});

/** What hosts run, by first lines and suffixes. */
const folders = ["files/boot", "files/steps", "files/realm", "files/ready", "files/units", "files/watch", "apps"].map(
  (folder) => `userdata/${folder}`,
);
const sources = [...folders, "gates/host"].flatMap((folder) =>
  readdirSync(join(repository, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => join(folder, name)),
);
const text = (path: string) => readFileSync(join(repository, path), "utf8");
const bash = sources.filter((path) => path.endsWith(".sh") || text(path).startsWith("#!/bin/bash"));
const python = sources.filter((path) => path.endsWith(".py") || text(path).startsWith("#!/usr/bin/python3"));
const javaScript = sources.filter((path) => path.endsWith(".js"));

test("every source is of a language that is checked", () => {
  const units = sources.filter((path) => /\.(service|timer|mount)$/.test(path));
  expect([...bash, ...python, ...javaScript, ...units].sort()).toEqual([...sources].sort());
});

describeOnHosts("shellcheck", () => {
  test.each(bash)("has nothing to say about %s", (path) => {
    expect(lint("shellcheck", ["--external-sources", path])).toEqual(fine);
  });

  test("is not silent about a mistake", () => {
    expect(lint("shellcheck", ["-"], "#!/bin/bash\nrm -rf $1/\n")).toMatchObject({ status: 1 });
  });
});

describe("packed", () => {
  test.each(bash)("%s is the same to bash", (path) => {
    // What a function's definition is to bash has no comments.
    const shown = (script: string) => lint("bash", ["-c", `whole() {\n${script}\n}\ndeclare -f whole`]);
    expect(shown(packed(path, text(path)))).toEqual({ status: 0, output: shown(text(path)).output });
  });

  test("every Python program is the same to Python", () => {
    const bare = python.map((path) => packed(path, text(path)));
    const trees = (programs: string[]) => {
      const { status, output } = lint("python3", [join(__dirname, "pythonTree.py")], JSON.stringify(programs));
      expect(status).toBe(0);
      return (JSON.parse(output) as string[]).map((tree, index) => ({ path: python[index], tree }));
    };
    expect(trees(bare)).toEqual(trees(python.map(text)));
    for (const { tree } of trees(bare)) expect(tree).toMatch(/^Module\(/);
    expect(python.filter((path, index) => bare[index].length >= text(path).length)).toEqual([]);
    expect(trees(["f()", "f("]).map(({ tree }) => tree.split("(")[0])).toEqual(["Module", "SyntaxError"]);
  });

  test.each(javaScript)("%s is the same to Node.js", (path) => {
    const printer = ts.createPrinter({ removeComments: true });
    const printed = (program: string) => printer.printFile(ts.createSourceFile(path, program, ts.ScriptTarget.ES2017));
    expect(() => compileFunction(packed(path, text(path)))).not.toThrow();
    expect(printed(packed(path, text(path)))).toBe(printed(text(path)));
  });

  test("what is no program to Node.js would be told", () => {
    expect(() => compileFunction("f(")).toThrow();
  });

  test("a first line that names the interpreter stays", () => {
    expect(packed("boot", "#!/bin/bash\n# why\nmain\n")).toBe("#!/bin/bash\nmain\n");
    expect(packed("a.py", '"""a"""\n\nclass A:\n    """b"""\n\n\ndef f():\n    """c\n\n    d"""\n    g()\n')).toBe(
      "\nclass A:\n pass\ndef f():\n g()\n",
    );
    expect(packed("a.py", 'import a  # noqa: E402\nprint("  # kept")\n')).toBe('import a\nprint("  # kept")\n');
    expect(
      packed("a.js", "/** doc */\nf(); // kept\n  // gone\n/** a */ g(/** @type {any} */ (x));\n/**\n * b\n */\n"),
    ).toBe("f(); // kept\n/** a */ g((x))\n");
  });
});
