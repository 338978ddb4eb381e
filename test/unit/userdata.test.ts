import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { parse } from "yaml";
import { environmentFile } from "../../userdata/files";
import type { RealmPackages } from "../../userdata/downloads";
import { coreServices } from "../../userdata/services";
import { checkUserDataSize, hostPackages, hostSecrets, userDataLimit } from "../../userdata/render";
import { artifact, downloads, kinds, lockedRegistry, registry, render } from "./userdataHosts";

interface WrittenFile {
  path: string;
  permissions?: string;
  content: string;
}

const files = (text: string): WrittenFile[] => parse(text).write_files;
const file = (text: string, path: string): WrittenFile => {
  const found = files(text).find((candidate) => candidate.path === path);
  if (!found) throw new Error(`no ${path}`);
  return found;
};

/** The modules beside them that a host's Node.js programs load, and that it has not got. GraphQL's is loaded only where it is asked for. */
function missingModules(text: string): string[] {
  const asked = text.includes('GRAPHQL="true"');
  const loaded = files(text).flatMap(({ content }) => content.match(/(?<=require\("\.\/)\w+/g) ?? []);
  const there = new Set(files(text).map(({ path }) => path));
  return [...new Set(loaded)].filter((name) => (name !== "graphql" || asked) && !there.has(`/opt/realm/${name}.js`));
}

test("the user data of a host that serves GraphQL brings every module that its programs load", () => {
  const [agent, , directory] = kinds.core;
  const { text } = render("core", { services: [agent, coreServices({ graphql: true }), directory] });
  expect(text).toContain("realm-graphql-service");
  expect(missingModules(text)).toEqual([]);
});

describe.each(Object.keys(kinds))("the user data of a host of kind %s", (kind) => {
  test("is a #cloud-config that writes files and starts the boot", () => {
    const { text } = render(kind);
    expect(text.startsWith("#cloud-config\n")).toBe(true);
    expect(parse(text)).toMatchObject({
      hostname: "host-01",
      runcmd: [
        ["rm", "-rf", "/etc/realm-cluster/instance.env", "/etc/realm-cluster/secrets"],
        ["systemctl", "daemon-reload"],
        ["systemctl", "enable", "--now", "realm-cluster-boot.service"],
      ],
    });
  });

  test("is what EC2 gets: gzip in base64, the same bytes each time", () => {
    const { text, base64, bytes } = render(kind);
    expect(gunzipSync(Buffer.from(base64, "base64")).toString()).toBe(text);
    expect(Buffer.from(base64, "base64")).toHaveLength(bytes);
    expect(render(kind).base64).toBe(base64);
    // The header's time is 0, and its operating system "unknown" or Unix, on every machine.
    expect(Buffer.from(base64, "base64").subarray(4, 8)).toEqual(Buffer.alloc(4));
  });

  test.each([
    ["an artifact", artifact, 0.85],
    ["a registry", registry, 0.9],
    ["a registry by a lock file", lockedRegistry, 0.9],
  ])("fits, with room for what is to come, where the packages are from %s", (_, realm, share) => {
    expect(render(kind, { downloads: downloads(realm) }).bytes).toBeLessThan(userDataLimit * share);
  });

  test("fetches at once what does not need each other: npm needs Node.js, and its token", () => {
    const steps = (realm: RealmPackages) => {
      const { content } = file(render(kind, { downloads: downloads(realm) }).text, "/etc/realm-cluster/host.env");
      return /^BOOT_STEPS="(.*)"$/m.exec(content)?.[1];
    };
    const volume = kind === "core" ? "" : "volume+";
    if (kind === "dedicated Consul") return expect(steps(artifact)).toBe("volume+secrets+consul start ready");
    expect(steps(artifact)).toBe(`${volume}secrets+consul+node+realm start ready`);
    for (const other of [registry, lockedRegistry])
      expect(steps(other)).toBe(`${volume}secrets+consul+node realm start ready`);
  });

  test("makes executable exactly what is executed", () => {
    for (const { path, permissions, content } of files(render(kind).text)) {
      expect({ path, executable: permissions === "0755" }).toEqual({ path, executable: content.startsWith("#!") });
    }
  });

  test("brings every file that its boot steps, checks and units name", () => {
    const { text } = render(kind);
    const env = file(text, "/etc/realm-cluster/host.env").content;
    const value = (name: string) => new RegExp(`^${name}="(.*)"$`, "m").exec(env)?.[1].split(" ") ?? [];
    const steps = value("BOOT_STEPS").flatMap((group) => group.split("+"));
    for (const step of steps) file(text, `/opt/realm-cluster/steps/${step}`);
    for (const check of value("CHECKS")) file(text, `/opt/realm-cluster/ready/${check.split(":")[0]}.py`);
    for (const unit of value("UNITS")) file(text, `/etc/systemd/system/${unit}`);
    const started = files(text).flatMap(({ content }) => content.match(/^ExecStart=.*$/gm) ?? []);
    for (const path of started.join(" ").match(/\/opt\/realm(-cluster)?\/\S+/g) ?? []) file(text, path);
  });

  test("brings every module that its programs load", () => {
    expect(missingModules(render(kind).text)).toEqual([]);
  });

  test("names secrets, and only those that its units take", () => {
    const { text } = render(kind);
    const taken = files(text).flatMap(({ content }) => content.match(/^LoadCredential=.*$/gm) ?? []);
    const names = new Set(taken.map((line) => line.replace(/^LoadCredential=(.*):.*$/, "$1")));
    expect(hostSecrets(kinds[kind], downloads())).toEqual([...names].sort());
    expect(file(text, "/etc/realm-cluster/host.env").content).toContain(`SECRETS="${[...names].sort().join(" ")}"`);
  });

  test("has its servers listen, and its checks ask, where the firewall lets others in", () => {
    const { text } = render(kind);
    for (const { name, ports } of kinds[kind].filter(({ installs }) => installs.includes("realm"))) {
      const open = ports.map(({ port }) => String(port));
      const listens = /ROS_PORT=(\d+)/.exec(file(text, `/etc/systemd/system/${name}.service`).content)?.[1];
      expect(open).toContain(listens);
      const asked = /require_health\((\d+)\)/.exec(file(text, `/opt/realm-cluster/ready/${name}.py`).content)?.[1];
      if (asked) expect(asked).toBe(listens);
      if (name !== "sync-worker") continue;
      expect(open).toContain(/SYNC_PORT = (\d+)/.exec(file(text, "/opt/realm/syncWorker.js").content)?.[1]);
    }
  });

  test("formats and mounts a volume only where state is kept", () => {
    const { text } = render(kind);
    const stateful = kind !== "core";
    expect(text.includes("/opt/realm-cluster/steps/volume")).toBe(stateful);
    expect(text.includes(".mount")).toBe(stateful);
  });
});

describe("downloads", () => {
  test("of an artifact take no npm token", () => {
    expect(hostSecrets(kinds.core, downloads())).not.toContain("npm-token");
    const env = file(render("core").text, "/etc/realm-cluster/downloads.env").content;
    expect(env).toContain('CONSUL_URL="https://example.com/consul_1.20.6_linux_amd64.zip"\n');
    expect(env).toContain('NODE_URL="https://example.com/node-v8.17.0-linux-x64.tar.xz"\n');
    expect(env).toContain('REALM_URL="https://packages.example.com/realm.tar.gz"\n');
  });

  test("by a lock file are the same on every host, whatever it runs", () => {
    const versions = { ...registry.versions, "realm-graphql-service": "3.4.0" };
    const lockFile = { url: "https://a.b/lock", sha256: "d".repeat(64), modules: Object.keys(versions) };
    const both = downloads({ ...registry, versions, lockFile });
    const manifest = (kind: string) => file(render(kind, { downloads: both }).text, "/etc/realm-cluster/package.json");
    expect(manifest("core")).toEqual(manifest("dedicated worker"));
    expect(JSON.parse(manifest("dedicated worker").content)).toMatchObject({ dependencies: versions });
    const env = file(render("core", { downloads: both }).text, "/etc/realm-cluster/downloads.env").content;
    expect(env).toContain(`REALM_URL="https://a.b/lock"\nREALM_SHA256="${lockFile.sha256}"\n`);
  });

  test("from a registry take the token where it wants one, and the exact versions", () => {
    const overrides = { uws: "npm:ws@3.3.3" };
    const { text } = render("core", { downloads: downloads({ ...registry, overrides }) });
    expect(hostSecrets(kinds.core, downloads(registry))).toContain("npm-token");
    expect(hostSecrets(kinds.core, downloads({ ...registry, token: false }))).not.toContain("npm-token");
    expect(file(text, "/etc/realm-cluster/downloads.env").content).not.toContain("REALM_URL");
    expect(JSON.parse(file(text, "/etc/realm-cluster/package.json").content)).toMatchObject({
      dependencies: { "realm-object-server": "3.12.0", "realm-object-server-enterprise": "3.1.3" },
      overrides,
    });
  });

  test("are those that the services need, in the order in which they need each other", () => {
    expect(hostPackages(kinds["dedicated Consul"])).toEqual(["consul"]);
    expect(hostPackages([...kinds.core].reverse())).toEqual(["consul", "node", "realm"]);
    expect(hostSecrets(kinds["dedicated Consul"], downloads(registry))).not.toContain("npm-token");
  });
});

describe("a host's services", () => {
  test("may bring the same file, and may not disagree about it", () => {
    const [server, worker] = kinds.colocated;
    const other = { ...worker, files: [{ path: "/etc/consul.d/consul.json", content: "{}" }] };
    expect(() => render("colocated", { services: [server, other] })).toThrow(
      "Two services want different contents in /etc/consul.d/consul.json",
    );
    const { text } = render("core");
    expect(files(text).filter(({ path }) => path.endsWith("/probe.py"))).toHaveLength(1);
  });

  test("say who may reach which port, and nothing is said twice", () => {
    for (const { ports } of Object.values(kinds).flat()) {
      const keys = ports.map(({ port, protocol }) => `${port}/${protocol}`);
      expect(new Set(keys).size).toBe(keys.length);
      for (const { from } of ports) expect(from.length).toBeGreaterThan(0);
    }
  });

  test("of one Consul server never leave or prune each other", () => {
    const config = JSON.parse(file(render("colocated").text, "/etc/consul.d/consul.json").content);
    expect(config).toMatchObject({
      server: true,
      bootstrap_expect: 3,
      client_addr: "127.0.0.1",
      leave_on_terminate: false,
      skip_leave_on_interrupt: true,
      autopilot: { cleanup_dead_servers: false },
      performance: { raft_multiplier: 1 },
      ports: { serf_wan: -1 },
    });
    expect(config).not.toHaveProperty("encrypt");
  });
});

test("user data that EC2 would refuse is refused with the names of its largest parts", () => {
  const noise = Array.from({ length: 20000 }, (_, i) => ((i * 7919) % 104729).toString(36)).join("");
  const [server, worker] = kinds["colocated"];
  const large = { ...worker, files: [...worker.files, { path: "/opt/realm/large.js", content: noise }] };
  const userData = render("colocated", { services: [server, large] });
  expect(() => checkUserDataSize("consul-01", userData)).toThrow(
    /^The user data of consul-01 takes \d+ bytes compressed; EC2 allows 16384\. Largest parts: \/opt\/realm\/large\.js \(\d+ bytes\), /,
  );
  expect(() => checkUserDataSize("consul-01", render("colocated"))).not.toThrow();
});

test("a change of the host's name changes host.env and the hostname only", () => {
  const [one, other] = ["host-01", "host-02"].map((name) => files(render("core", { name }).text));
  const changed = one.filter(({ content }, index) => content !== other[index].content);
  expect(changed.map(({ path }) => path)).toEqual(["/etc/realm-cluster/host.env"]);
});

describe("an environment file", () => {
  const directory = mkdtempSync(join(tmpdir(), "userdata-"));
  afterAll(() => rmSync(directory, { recursive: true }));

  test("gives a shell back every printable value as it was", () => {
    const printable = fc.string({ unit: fc.constantFrom(..."ab \"'\\$`!#%;&|<>(){}[]*?~^=é") });
    fc.assert(
      fc.property(fc.array(printable, { minLength: 1, maxLength: 40 }), (values) => {
        const path = join(directory, "env");
        const names = values.map((_, index) => `V${index}`);
        writeFileSync(path, environmentFile(path, Object.fromEntries(names.map((n, i) => [n, values[i]]))).content);
        const print = `set -eu; source ${path}; printf '%s\\0' ${names.map((name) => `"$${name}"`).join(" ")}`;
        expect(execFileSync("bash", ["-c", print]).toString().split("\0").slice(0, -1)).toEqual(values);
      }),
      { numRuns: 25 },
    );
  });

  test("refuses a line break, which would begin another variable", () => {
    expect(() => environmentFile("/etc/x.env", { A: "1\nB=2" })).toThrow("A in /etc/x.env holds a control character");
  });
});
