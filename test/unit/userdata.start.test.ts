import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { consulAgent } from "../../userdata/services";
import { hostFiles, describeOnLinux, StepHost } from "./userdataStepHost";

const host = new StepHost();

describeOnLinux("the end of the boot", () => {
  const check = (script: string) => {
    mkdirSync(host.path("opt/realm-cluster/ready"), { recursive: true });
    writeFileSync(host.path("opt/realm-cluster/ready/sync-worker.py"), script);
  };
  /** The step, where systemd has restarted units this often: a shell expression. */
  const ready = (command: string, seconds: string, { name = "sync-worker", restarts = "0" } = {}) =>
    host.run("ready", `systemctl() { echo $((${restarts})); }; journalctl() { echo "journal of $2"; }; ${command}`, {
      CHECKS: `${name}:sync-worker.service`,
      READY_SECONDS: seconds,
    });

  test("waits until each check is content, and tells what it waits for once", async () => {
    check("import os, sys\nif not os.path.exists('up'): print('Not up'); sys.exit(1)\n");
    const { status, output } = await ready("n=0; sleep() { ((++n < 3)) || touch up; }; main", "600");
    expect({ status, output }).toEqual({
      status: 0,
      output: "Waiting for sync-worker: Not up\nsync-worker is ready\n",
    });
  });

  test("fails in time with the check's reason, and the unit's last lines before it", async () => {
    check("import sys\nprint('Not up')\nsys.exit(1)\n");
    const { status, output, reason } = await ready("main", "0");
    expect(status).toBe(1);
    expect(output).toContain("journal of sync-worker.service\n");
    expect(reason).toBe("sync-worker was not ready within 0 s: Not up");
  });

  test("fails when a check cannot run, rather than taking that for ready", async () => {
    check("import no_such_module\n");
    const { status, reason } = await ready("main", "0");
    expect(status).toBe(1);
    expect(reason).toContain("No module named 'no_such_module'");
  });

  /** Ten seconds pass with each sleep, and at once. */
  const passing = "sleep() { ((SECONDS += 10)); }; main";

  test("fails as soon as the unit was started again twice while it was waited for", async () => {
    check("print('Not up'); raise SystemExit(1)\n");
    const { status, output, reason } = await ready(passing, "600", { restarts: "5 + SECONDS / 40" });
    expect(status).toBe(1);
    expect(output).toContain("journal of sync-worker.service\n");
    expect(reason).toBe("sync-worker.service ends again and again: Not up");
  });

  test("gives Consul's agent less time, so that the boot begins again", async () => {
    check("print('Not up'); raise SystemExit(1)\n");
    writeFileSync(host.path("opt/realm-cluster/ready/consul-agent.py"), "print('No leader'); raise SystemExit(1)\n");
    const name = "consul-agent";
    expect(await ready(passing, "600", { name })).toMatchObject({
      reason: `${name} was not ready within 40 s: No leader`,
    });
    expect(await ready(passing, "20", { name })).toMatchObject({
      reason: `${name} was not ready within 20 s: No leader`,
    });
    expect(await ready(passing, "60")).toMatchObject({ reason: "sync-worker was not ready within 60 s: Not up" });
  });

  const units = "consul.service sync-worker.service";
  const usual = [`enable --quiet ${units}`, `start --no-block ${units}`, `Starting ${units}`];
  /** What is told to systemd when these secrets have changed, the cluster sees this host's agent alive or does not, and its start is over or not. */
  async function started(changed: string[], alive: boolean, active = true): Promise<string[]> {
    for (const path of ["run/realm-cluster", "opt/realm-cluster/ready", "etc/systemd/system"]) {
      mkdirSync(host.path(path), { recursive: true });
    }
    for (const unit of units.split(" ")) {
      const file = readFileSync(join(hostFiles, "units", unit));
      writeFileSync(host.path(`etc/systemd/system/${unit}`), file);
    }
    const { files } = consulAgent({ datacenter: "dev", retryJoin: [], role: "sync" });
    const { path, content } = files.find(({ path }) => path.endsWith("/secrets.conf"))!;
    mkdirSync(dirname(host.path(path)), { recursive: true });
    writeFileSync(host.path(path), content);
    writeFileSync(host.path("opt/realm-cluster/ready/consul-agent.py"), `import sys; sys.exit(${alive ? 0 : 1})`);
    if (changed.length > 0) {
      writeFileSync(host.path("run/realm-cluster/secrets-changed"), changed.map((name) => `${name}\n`).join(""));
    }
    const env = { UNITS: units, CHECKS: "consul-agent:consul.service sync-worker:sync-worker.service" };
    const systemctl = `systemctl() { if [[ $1 == is-active ]]; then return ${active ? 0 : 3}; else echo "$*"; fi; }`;
    return (await host.run("start", `${systemctl}; main`, env)).output.trim().split("\n");
  }
  const stopping = (stale: string) => [usual[0], `stop ${stale}`, ...usual.slice(1)];

  test("has systemd start the units at every boot, and ends those first that hold old secrets, once", async () => {
    expect(await started([], true)).toEqual(usual);
    expect(await started(["auth-key", "feature-token"], true)).toEqual(stopping("sync-worker.service"));
    expect(await started([], true)).toEqual(usual);
  });

  test("restarts nothing for a secret that no unit holds", async () => {
    expect(await started(["npm-token", "auth"], true)).toEqual(usual);
  });

  test.each(["gossip-key", "consul-agent-cert", "consul-token-sync"])(
    "has Consul take up a new %s while it runs, and restarts it only when the cluster does not see it alive then",
    async (secret) => {
      const reload = "reload consul.service";
      expect(await started([secret], true)).toEqual([usual[0], reload, ...usual.slice(1)]);
      expect(await started([secret], false)).toEqual([usual[0], reload, ...stopping("consul.service").slice(1)]);
    },
  );

  test("does not wait for an agent that starts, and cannot, with the old secrets", async () => {
    expect(await started(["gossip-key"], false, false)).toEqual(stopping("consul.service"));
  });
});

describeOnLinux("Consul's start script", () => {
  const usual = { "gossip-key": "a2V5\n", "consul-token-sync": "token", "consul-agent-key": "key\n" };

  /** The arguments that Consul is started with on a host of this name. */
  function start(name: string, credentials: Record<string, string> = {}): string[] {
    for (const directory of ["run", "credentials"]) mkdirSync(host.path(directory), { recursive: true });
    for (const [name, value] of Object.entries({ ...usual, ...credentials })) {
      writeFileSync(host.path(`credentials/${name}`), value, { mode: 0o400 });
    }
    const source = readFileSync(join(hostFiles, "boot/consul-agent"), "utf8");
    const env = {
      PATH: process.env.PATH,
      RUNTIME_DIRECTORY: host.path("run"),
      CREDENTIALS_DIRECTORY: host.path("credentials"),
      CLUSTER_NAME: "dev",
      HOST_NAME: name,
      HOST_ADDRESS: "10.20.0.11",
    };
    const script = source.replace("exec /usr/local/bin/consul", "printf '%s\\n'");
    return execFileSync("bash", ["--norc", "-c", script], { env }).toString().trim().split("\n");
  }

  test("gives Consul the host's name and address, and an id that follows from its name", () => {
    const id = /^-node-id=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
    const started = start("consul-01");
    expect(started).toEqual([
      "agent",
      "-node=consul-01",
      expect.stringMatching(id),
      "-bind=10.20.0.11",
      "-config-dir=/etc/consul.d",
      `-config-file=${host.path("run/secrets.json")}`,
    ]);
    expect(start("consul-01")).toEqual(started);
    expect(start("consul-02")[2]).not.toBe(started[2]);
  });

  const configuration = () => JSON.parse(readFileSync(host.path("run/secrets.json"), "utf8")) as unknown;

  test("gives Consul its secrets in files that only it can read", () => {
    start("sync-default-01");
    expect(configuration()).toEqual({ encrypt: "a2V5", acl: { tokens: { default: "token" } } });
    expect(statSync(host.path("run/secrets.json")).mode & 0o777).toBe(0o600);
    expect(readFileSync(host.path("run/consul-agent-key"), "utf8")).toBe("key\n");
    expect(statSync(host.path("run/consul-agent-key")).mode & 0o777).toBe(0o400);
  });

  test("gives a server the token that founds Consul's access control", () => {
    start("consul-01", { "consul-management": "all" });
    expect(configuration()).toMatchObject({ acl: { tokens: { default: "token", initial_management: "all" } } });
  });
});
