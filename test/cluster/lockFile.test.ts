/** What a host installs from an npm registry: by a lock file, or without one. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { ensureHostNodeWithNpm, hostNodeVersion } from "../../local/tools/nodejs";
import { type RealmPackages } from "../../userdata/downloads";
import { renderUserData } from "../../userdata/render";
import type { Service } from "../../userdata/service";
import { type TinyPackage, archiveName, archiveOf, lockOf, npmRegistry } from "../npmRegistry";
import { AwsForTests, eventually } from "./awsCli";
import { allow, createNetwork, createRole } from "./awsExamples";
import { describeOnHosts } from "./support";

jest.setTimeout(120_000);
/** On a machine that has never run one, what it is made of is built first. */
const TOOLS_MILLISECONDS = 900_000;

const versions = { "realm-object-server": "3.12.0", "realm-object-server-enterprise": "3.1.3" };
const needed: TinyPackage = { name: "needed", version: "1.0.0" };
const published: TinyPackage[] = [
  ...Object.entries(versions).map(([name, version]) => ({ name, version, dependencies: { needed: "^1.0.0" } })),
  needed,
];
const newer = { ...needed, version: "1.1.0" };

/** A service that needs the Realm packages, and does nothing with them. */
const service: Service = {
  name: "sync-worker",
  ports: [],
  secrets: [],
  installs: ["node", "realm"],
  files: [
    { path: "/etc/systemd/system/idle.service", content: "[Service]\nExecStart=/bin/true\n" },
    // Its program is beside its packages.
    { path: "/opt/realm/idle.js", content: "" },
  ],
  units: ["idle.service"],
  stateful: false,
};

interface BootReport {
  state: string;
  step: string;
  reason?: string;
}

describeOnHosts("the Realm packages from a registry", () => {
  let aws: AwsForTests;
  let subnet: string;
  const files = "http://files.internet.test";
  const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");
  let node: Buffer;
  const locks: Record<string, string> = {};
  const instances: Record<string, string> = {};

  beforeAll(async () => {
    node = readFileSync(await ensureHostNodeWithNpm(console.error));
    for (const site of ["registry", "tampered"]) {
      locks[site] = await lockOf(npmRegistry(`http://${site}.internet.test/`, published), versions);
    }
    aws = await AwsForTests.start({
      "files.internet.test": {
        "node.tar.gz": node,
        ...Object.fromEntries(Object.entries(locks).map(([site, text]) => [`${site}.json`, text])),
      },
      // What was published since the lock file was made.
      "registry.internet.test": npmRegistry("http://registry.internet.test/", [...published, newer]),
      "tampered.internet.test": {
        ...npmRegistry("http://tampered.internet.test/", published),
        [archiveName(needed)]: archiveOf(needed, "something else"),
      },
    });
    const network = await createNetwork(aws);
    subnet = network.subnets[0];
    await createRole(aws, "host");
    await allow(aws, "host", ["ssm:GetParameters"], "*");
    await allow(aws, "host", ["ssm:PutParameter"], "*");
    await aws.cli("ssm put-parameter", "--name", "/secrets/npm-token", "--type", "SecureString", "--value", "s3cret");
    await boot("locked", "registry", { lock: "registry" });
    await boot("unlocked", "registry", {});
    await boot("tampered", "tampered", { lock: "tampered" });
    await boot("outdated", "registry", {
      lock: "registry",
      versions: { ...versions, "realm-object-server": "3.12.1" },
    });
  }, TOOLS_MILLISECONDS);

  afterAll(() => aws?.end());

  async function boot(name: string, site: string, options: { lock?: string; versions?: Record<string, string> }) {
    const { lock } = options;
    const realm: RealmPackages = {
      from: "registry",
      registry: `http://${site}.internet.test/`,
      token: true,
      versions: options.versions ?? versions,
      ...(lock !== undefined && {
        lockFile: { url: `${files}/${lock}.json`, sha256: sha256(locks[lock]), modules: Object.keys(versions) },
      }),
    };
    const release = { version: hostNodeVersion, url: `${files}/node.tar.gz`, sha256: sha256(node) };
    const spec = { name, cluster: "test", services: [service], secretPath: "/secrets", bootReport: `/boot/${name}` };
    const userData = renderUserData({ ...spec, downloads: { consul: release, node: release, realm } });
    const placed = ["--subnet-id", subnet, "--iam-instance-profile", "Name=host"];
    instances[name] = await aws.runInstance(Buffer.from(userData.base64, "base64"), ...placed);
  }

  /** How a host's first attempt to boot ended. */
  async function end(name: string): Promise<BootReport> {
    const ask = () => aws.get("ssm get-parameter", "Parameter.Value", "--name", `/boot/${name}`).catch(() => "{}");
    const isOver = (report: string) => /"state": "(ready|failed)"/.test(report);
    return JSON.parse(await eventually(ask, isOver, 100)) as BootReport;
  }
  const installed = (name: string) =>
    aws.sh(instances[name], `/opt/node/bin/node -p 'require("/opt/realm/node_modules/needed")'`);

  test("are those of the lock file, whatever was published since", async () => {
    expect(await end("locked")).toMatchObject({ state: "ready" });
    expect(await installed("locked")).toBe("1.0.0");
  });

  test("are the newest without one", async () => {
    expect(await end("unlocked")).toMatchObject({ state: "ready" });
    expect(await installed("unlocked")).toBe("1.1.0");
  });

  test("are refused where one of them is another than the lock file's: the boot fails, and says which one", async () => {
    const { state, step, reason } = await end("tampered");
    expect({ state, step }).toEqual({ state: "failed", step: "realm" });
    expect(reason).toMatch(
      /^npm could not install the Realm packages from http:\/\/tampered.internet.test\/: .*wanted sha512-\S+ but got sha512-\S+ .*http:\/\/tampered.internet.test\/needed-1.0.0.tgz$/,
    );
    await expect(installed("tampered")).rejects.toThrow("Cannot find module");
  });

  test("are refused where the lock file is of other versions than the configuration", async () => {
    const { state, step, reason } = await end("outdated");
    expect({ state, step }).toEqual({ state: "failed", step: "realm" });
    expect(reason).toMatch(/in sync/);
  });
});
