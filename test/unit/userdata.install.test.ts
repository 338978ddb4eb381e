import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { strToU8, zipSync } from "fflate";
import { describeOnLinux, StepHost } from "./userdataStepHost";

const host = new StepHost();

describeOnLinux("the Realm packages", () => {
  const modules = () => host.path("opt/realm/node_modules");
  const registry = { REALM_REGISTRY: "https://npm.example.com/realm/", NODE_VERSION: "16.20.2" };

  beforeEach(() => {
    for (const path of ["opt/realm", "etc/realm-cluster/secrets"]) mkdirSync(host.path(path), { recursive: true });
    writeFileSync(host.path("etc/realm-cluster/package.json"), "{}");
  });

  /** An archive and its digest, served by nothing: the step's download is replaced by a copy. */
  function archive(content: string) {
    mkdirSync(host.path(`${content}/realm`), { recursive: true });
    const path = host.path("realm.tar.gz");
    execFileSync("tar", ["-czf", path, "-C", host.path(), content]);
    return { REALM_URL: path, REALM_SHA256: "d".repeat(64) };
  }
  const install = (env: Record<string, string>) =>
    host.run("realm", 'fetch() { log "Downloading $1"; cp "$1" "$3"; }; own() { :; }; main', env);

  test("of an artifact are installed once", async () => {
    const env = archive("node_modules");
    expect(await install(env)).toMatchObject({ status: 0, output: expect.stringContaining("Downloading") });
    expect(readdirSync(modules())).toEqual(["realm"]);
    expect(await install(env)).toMatchObject({ status: 0, output: "The Realm packages are there\n" });
    expect(await install({ ...env, REALM_SHA256: "e".repeat(64) })).toMatchObject({
      status: 0,
      output: expect.stringContaining("Downloading"),
    });
    expect(readdirSync(host.path("opt/realm")).sort()).toEqual([".release", "node_modules"]);
  });

  test("of an artifact without node_modules are refused", async () => {
    const env = archive("other");
    const { status, reason } = await install(env);
    expect({ status, reason }).toEqual({
      status: 1,
      reason: `Refusing ${env.REALM_URL}: it has no node_modules at its top`,
    });
    expect(readdirSync(host.path("opt/realm"))).toEqual([]);
  });

  /** npm, as its own user would run it, replaced by a command that may look at its directory. */
  const npm = (command: string, env: Record<string, string> = {}) =>
    host.run(
      "realm",
      `curl() { :; }; runuser() { ${command}; }; fetch() { cp "$1" "$3"; }; chown() { :; }; own() { :; }; main`,
      {
        ...registry,
        ...env,
      },
    );

  test("of a registry are installed with the token, which does not stay", async () => {
    writeFileSync(host.path("etc/realm-cluster/secrets/npm-token"), "s3cret");
    const { status, output } = await npm("cat .npmrc; stat -c %a .npmrc; mkdir node_modules");
    expect({ status, output }).toEqual({
      status: 0,
      output: "registry=https://npm.example.com/realm/\n//npm.example.com/realm/:_authToken=s3cret\n600\n",
    });
    expect(readdirSync(host.path("opt/realm")).sort()).toEqual([".release", "node_modules"]);
    expect(execFileSync("grep", ["-rl", "s3cret", host.path()]).toString().trim()).toMatch(/secrets\/npm-token$/);
    expect(await npm("mkdir node_modules")).toMatchObject({ output: "The Realm packages are there\n" });
  });

  test("of a registry that needs no token are asked for without one", async () => {
    expect((await npm("cat .npmrc; mkdir node_modules")).output).toBe("registry=https://npm.example.com/realm/\n");
  });

  test.each([
    ["fails are asked for three times", "ECONNRESET", "network read ECONNRESET", 3],
    ["refuses them are asked for once", "E401", "401 Unauthorized - GET https://a.b/c", 1],
  ])("of a registry that %s", async (_, code, error, times) => {
    const { status, output, reason } = await npm(
      `echo asked; echo 'npm ERR! code ${code}'; echo 'npm ERR! ${error}'; echo 'npm ERR! more'; false`,
    );
    expect(status).toBe(1);
    expect(output.match(/^asked$/gm)).toHaveLength(times);
    expect(reason).toBe(`npm could not install the Realm packages from https://npm.example.com/realm/: ${error}`);
    expect(readdirSync(host.path("opt/realm"))).toEqual([]);
  });

  test("of a registry that is not reached are not asked for: npm would wait for minutes", async () => {
    const curl = "curl() { echo 'curl: (28) Connection timed out'; return 28; }";
    const { status, output, reason } = await host.run("realm", `${curl}; runuser() { echo asked; }; main`, registry);
    expect({ status, reason }).toEqual({
      status: 1,
      reason: "The registry https://npm.example.com/realm/ does not answer: curl: (28) Connection timed out",
    });
    expect(output).not.toContain("asked");
  });

  test("of a registry that is asked by an npm which dies without a word are said to be so", async () => {
    expect((await npm("echo Killed; false")).reason).toBe(
      "npm could not install the Realm packages from https://npm.example.com/realm/: Killed",
    );
  });

  describe("of a lock file", () => {
    const wanted = `sha512-${"A".repeat(86)}==`;
    const entry = { version: "1.0.0", resolved: "https://npm.example.com/realm/a/-/a-1.0.0.tgz", integrity: wanted };
    beforeEach(() => {
      const lock = { lockfileVersion: 2, packages: { "node_modules/a": entry }, dependencies: { a: entry } };
      writeFileSync(host.path("lock.json"), JSON.stringify(lock, null, 2));
    });
    const lockFile = { REALM_URL: "lock.json", REALM_SHA256: "f".repeat(64) };

    test("are installed by npm ci, which follows it, once; another lock file is another release", async () => {
      const command = 'echo "$8"; [[ ! -e package-lock.json ]] || echo locked; mkdir node_modules';
      expect(await npm(command, lockFile)).toMatchObject({ status: 0, output: "ci\nlocked\n" });
      expect(await npm(command, lockFile)).toMatchObject({ output: "The Realm packages are there\n" });
      expect(await npm(command, { ...lockFile, REALM_SHA256: "e".repeat(64) })).toMatchObject({
        output: "ci\nlocked\n",
      });
      expect(await npm(command)).toMatchObject({ status: 0, output: "install\n" });
    });

    test.each(["ERR!", "error"])(
      "with a package that is another one are refused, with its place (npm %s)",
      async (sign) => {
        const said = `${wanted} integrity checksum failed when using sha512: wanted ${wanted} but got sha512-B==. (306 bytes)`;
        const { reason } = await npm(`echo "npm ${sign} code EINTEGRITY"; echo "npm ${sign} ${said}"; false`, lockFile);
        expect(reason).toBe(
          `npm could not install the Realm packages from https://npm.example.com/realm/: ${said} ${entry.resolved}`,
        );
      },
    );
  });

  test.each([
    ["the registry", { REALM_REGISTRY: "https://other.example.com" }, "{}"],
    ["Node.js", { NODE_VERSION: "18.20.4" }, "{}"],
    ["a version", {}, '{"dependencies":{}}'],
  ])("of a registry are another release with another value of %s", async (_, env, manifest) => {
    const release = async (changed: Record<string, string>) =>
      (await host.run("realm", "wanted_release", { ...registry, ...changed })).output;
    const before = await release({});
    expect(await release({})).toBe(before);
    writeFileSync(host.path("etc/realm-cluster/package.json"), manifest);
    expect(await release(env as Record<string, string>)).not.toBe(before);
  });
});

describeOnLinux("Consul and Node.js", () => {
  beforeEach(() => {
    for (const path of ["opt", "usr/local/bin"]) mkdirSync(host.path(path), { recursive: true });
  });

  const consul = (version: string) => `#!/bin/sh\necho 'Consul v${version}'\n`;
  const installConsul = () =>
    host.run("consul", 'fetch() { cp consul.zip "$3"; log "Downloading $1"; }; own() { :; }; main', {
      CONSUL_VERSION: "1.20.6",
      CONSUL_URL: "https://example.com/consul.zip",
      CONSUL_SHA256: "a".repeat(64),
    });

  test("Consul is installed where it is absent or another version, and left where it is the right one", async () => {
    writeFileSync(host.path("consul.zip"), zipSync({ consul: strToU8(consul("1.20.6")) }));
    writeFileSync(host.path("usr/local/bin/consul"), consul("1.19.2"), { mode: 0o755 });
    const installed = { status: 0, output: "Downloading https://example.com/consul.zip\nConsul v1.20.6\n" };
    expect(await installConsul()).toEqual(installed);
    expect(await installConsul()).toEqual({ status: 0, output: "Consul 1.20.6 is there\n" });
  });

  const installNode = (version: string) =>
    host.run("node", 'fetch() { cp node.tar.xz "$3"; log "Downloading $1"; }; own() { :; }; main', {
      NODE_VERSION: version,
      NODE_URL: "https://example.com/node.tar.xz",
      NODE_SHA256: "b".repeat(64),
    });

  test("Node.js is installed beside another version, and what Node.js is points to the right one", async () => {
    for (const version of ["8.17.0", "16.20.2"]) {
      const bin = host.path(`node-v${version}-linux-x64/bin`);
      mkdirSync(bin, { recursive: true });
      writeFileSync(`${bin}/node`, `#!/bin/sh\necho v${version}\n`, { mode: 0o755 });
      execFileSync("tar", ["-cJf", "node.tar.xz", `node-v${version}-linux-x64`], { cwd: host.path() });
      const installed = { status: 0, output: `Downloading https://example.com/node.tar.xz\nNode.js v${version}\n` };
      expect(await installNode(version)).toEqual(installed);
      expect(await installNode(version)).toEqual({
        status: 0,
        output: `Node.js ${version} is there\nNode.js v${version}\n`,
      });
    }
    expect(readdirSync(host.path("opt")).sort()).toEqual(["node", "node-v16.20.2", "node-v8.17.0"]);
  });
});
