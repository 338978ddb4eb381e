/** What the gates run on hosts. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { shellScript } from "../../gates/hostScript";
import { describeOnLinux } from "./userdataStepHost";

const scripts = resolve(__dirname, "../../gates/host");

test.each(["consul_acl", "gossip_key", "consul_server", "watch"])("%s, by its own tests", (name) => {
  const file = join(__dirname, `${name}_test.py`);
  const { status, stderr } = spawnSync("python3", [file, "-v"], { encoding: "utf8" });
  expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringMatching(/Ran [1-9]\d* tests in/) });
});

describeOnLinux("put-service", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "host-"));
    const note = `#!/bin/bash\necho "$*" >>${root}/systemctl.log\n`;
    writeFileSync(join(root, "systemctl"), note, { mode: 0o755 });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function run(task: string, content: string) {
    const files = [
      { path: join(root, "program"), content, mode: "0755" },
      { path: join(root, "unit"), content: "" },
    ];
    const script = shellScript({
      program: "put-service",
      args: [task, JSON.stringify({ files, units: ["it.timer"] })],
    });
    const env = { ...process.env, PATH: `${root}:${process.env.PATH}` };
    const { status, stdout, stderr } = spawnSync("sh", ["-c", script], { encoding: "utf8", env });
    const log = join(root, "systemctl.log");
    const called = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
    rmSync(log, { force: true });
    return { status, output: stdout + stderr, called };
  }
  const started = (how: string) => ["daemon-reload", "enable --quiet it.timer", `${how} it.timer`];

  test("writes what is new, starts the units, and does no more the next time", () => {
    const [program, unit] = ["program", "unit"].map((name) => join(root, name));
    const new_ = `New or changed: ${program}, ${unit}\n`;
    expect(run("put", "it's\n")).toEqual({ status: 0, output: new_, called: started("restart") });
    expect([readFileSync(program, "utf8"), statSync(program).mode & 0o777]).toEqual(["it's\n", 0o755]);
    expect(run("put", "it's\n")).toEqual({ status: 0, output: "New or changed: nothing\n", called: started("start") });
    expect(run("put", "other\n").output).toBe(`New or changed: ${program}\n`);
  });

  test("takes it away again, also where it is not", () => {
    run("put", "it");
    const called = ["disable --quiet --now it.timer", "daemon-reload"];
    expect(run("remove", "it")).toEqual({ status: 0, output: "", called });
    expect(existsSync(join(root, "program"))).toBe(false);
    expect(run("remove", "it").status).toBe(0);
  });

  test("tells when a unit does not start", () => {
    writeFileSync(join(root, "systemctl"), "#!/bin/bash\n[[ $1 != restart ]]\n");
    expect(run("put", "it")).toMatchObject({ status: 1, output: expect.stringContaining("restart") });
  });
});

describeOnLinux("take-up-secrets", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "host-"));
    for (const path of ["run/realm-cluster", "etc/realm-cluster", "opt/realm-cluster/steps"]) {
      mkdirSync(join(root, path), { recursive: true });
    }
    writeFileSync(join(root, "etc/realm-cluster/host.env"), 'SECRETS="auth-key auth-pub gossip-key"\nHOST_NAME="a"\n');
    writeFileSync(join(root, "etc/realm-cluster/instance.env"), 'HOST_ADDRESS="10.0.0.1"\n');
    for (const name of ["secrets", "start", "ready"]) step(name, "");
  });
  afterEach(() => rmSync(root, { recursive: true }));

  /** Makes a boot step that notes what it was called with, and then does this. */
  function step(name: string, body: string): void {
    const note = `echo "${name} of $HOST_NAME at $HOST_ADDRESS: $SECRETS" >>${root}/ran`;
    writeFileSync(join(root, "opt/realm-cluster/steps", name), `#!/bin/bash\n${note}\n${body}\n`, { mode: 0o755 });
  }

  /** Runs it on a host whose boot is over, or still under way. */
  function run(names: string[], booting = false) {
    const script = readFileSync(join(scripts, "take-up-secrets"), "utf8").replace(
      /\/(etc|opt|run)\/realm-cluster\b/g,
      (path) => root + path,
    );
    const systemctl = `systemctl() { case $1 in is-active) ${booting};; *) echo "systemctl $*" >>${root}/ran; false;; esac; }`;
    const args = ["-c", `${systemctl}\n${script}`, "take-up-secrets", ...names];
    const { status, stderr } = spawnSync("bash", args, { encoding: "utf8" });
    const ran = existsSync(join(root, "ran")) ? readFileSync(join(root, "ran"), "utf8").trim().split("\n") : [];
    return { status, reason: stderr.trim(), ran };
  }

  const steps = (secrets: string) =>
    ["secrets", "start", "ready"].map((name) => `${name} of a at 10.0.0.1: ${secrets}`);

  test("goes through the boot's steps for those secrets that the host uses", () => {
    expect(run(["auth-pub", "feature-token", "auth-key"])).toEqual({
      status: 0,
      reason: "",
      ran: steps("auth-key auth-pub"),
    });
  });

  test("does nothing on a host that uses none of them", () => {
    expect(run(["feature-token"])).toEqual({ status: 0, reason: "", ran: [] });
  });

  test("waits for a boot that is under way, however it ends", () => {
    const { status, ran } = run(["gossip-key"], true);
    expect({ status, ran }).toEqual({
      status: 0,
      ran: ["systemctl start --wait realm-cluster-boot.service", ...steps("gossip-key")],
    });
  });

  test("fails with the reason that a step gave, and takes no further one", () => {
    step("start", 'echo "The unit is masked" >"$REASON_FILE"; exit 1');
    expect(run(["auth-key"])).toEqual({ status: 1, reason: "The unit is masked", ran: steps("auth-key").slice(0, 2) });
  });

  test("fails where a boot would do with old secrets", () => {
    step("secrets", 'echo "The secrets of the last boot are used: no route" >>"$NOTES_FILE"');
    expect(run(["auth-key"])).toMatchObject({ status: 1, reason: "The secrets of the last boot are used: no route" });
  });
});
