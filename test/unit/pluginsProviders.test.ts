import fc from "fast-check";
import { execFileSync } from "node:child_process";
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand, type CommandSpec } from "../../local/plugins/command/process";
import { explain, isGone } from "../../local/plugins/aws/errors";
import { versionOf } from "../../local/plugins/core/version";
import { standIns } from "../../local/plugins/path";
import { compose } from "../../local/plugins/random/text";
import { describe as describeKey } from "../../local/plugins/tls/privateKey";

describe("the RSA key of the tls stand-in", () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const told = describeKey(privateKey) as Record<string, string>;

  test("signs in every private form what the public one verifies", () => {
    expect(told.privateKeyPem).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/);
    for (const pem of [told.privateKeyPem, told.privateKeyPemPkcs8]) {
      const signature = sign("sha256", Buffer.from("x"), createPrivateKey(pem));
      expect(verify("sha256", Buffer.from("x"), createPublicKey(told.publicKeyPem), signature)).toBe(true);
    }
  });

  test("has fingerprints of the SSH public key", () => {
    const blob = Buffer.from(told.publicKeyOpenssh.split(" ")[1], "base64");
    expect(told.publicKeyFingerprintMd5.replaceAll(":", "")).toBe(createHash("md5").update(blob).digest("hex"));
    expect(`${told.publicKeyFingerprintSha256}=`).toBe(`SHA256:${createHash("sha256").update(blob).digest("base64")}`);
  });

  test("holds both keys in the OpenSSH form", () => {
    const text = told.privateKeyOpenssh.split("\n").slice(1, -2).join("");
    const container = Buffer.from(text, "base64");
    const { n, d } = privateKey.export({ format: "jwk" });
    expect(container.subarray(0, 15).toString()).toBe("openssh-key-v1\0");
    expect(container.includes(Buffer.from(n!, "base64url"))).toBe(true);
    expect(container.includes(Buffer.from(d!, "base64url"))).toBe(true);
  });
});

describe("random text", () => {
  test("has the length, the classes and the minimums asked for", () => {
    const wanted = fc.record({
      length: fc.integer({ min: 12, max: 40 }),
      minUpper: fc.integer({ min: 0, max: 4 }),
      minNumeric: fc.integer({ min: 0, max: 4 }),
    });
    fc.assert(
      fc.property(wanted, (inputs) => {
        const text = compose({ ...inputs, lower: true, upper: true, numeric: true, special: false });
        expect(text).toMatch(new RegExp(`^[A-Za-z0-9]{${inputs.length}}$`));
        expect(text.replace(/[^A-Z]/g, "").length).toBeGreaterThanOrEqual(inputs.minUpper);
        expect(text.replace(/[^0-9]/g, "").length).toBeGreaterThanOrEqual(inputs.minNumeric);
      }),
    );
  });

  test("uses special characters of the program's choice", () => {
    expect(compose({ length: 30, special: true, overrideSpecial: "_" })).toBe("_".repeat(30));
  });

  test("refuses what cannot be", () => {
    expect(() => compose({ length: 3, lower: true, minLower: 4 })).toThrow("length is less");
    expect(() => compose({ length: 3 })).toThrow("no class is allowed");
  });
});

describe("a command", () => {
  const shown: string[] = [];
  const run = (spec: Partial<CommandSpec>) =>
    runCommand({
      command: "true",
      environment: {},
      show: (stream, line) => shown.push(`${stream}: ${line}`),
      signal: new AbortController().signal,
      ...spec,
    });

  test("shows its lines, and gives what it wrote without the last newline", async () => {
    const written = await run({
      command: 'printf "a\\nb\\n"; echo c >&2; cat',
      environment: { X: "x" },
      stdin: "in\n",
    });
    expect(written).toEqual({ stdout: "a\nb\nin", stderr: "c" });
    expect(shown.sort()).toEqual(["stderr: c", "stdout: a", "stdout: b", "stdout: in"]);
  });

  test("fails with its exit status and all that it wrote", async () => {
    const failing = run({ command: "echo out; echo why >&2; exit 7" });
    await expect(failing).rejects.toThrow(
      /^exit status 7: running "echo out; echo why >&2; exit 7":\n(out\nwhy|why\nout)\n$/,
    );
  });

  test("may have another interpreter, directory and environment", async () => {
    const { stdout } = await run({
      command: "console.log(process.cwd(), process.env.X)",
      interpreter: ["node", "-e"],
      directory: "/",
      environment: { X: "x" },
    });
    expect(stdout).toBe("/ x");
  });

  test("that cannot be started fails", async () => {
    await expect(run({ interpreter: ["/nonexistent"] })).rejects.toThrow("ENOENT");
  });

  test("is ended with all its children when the operation is cancelled", async () => {
    const cancelled = new AbortController();
    let tell: (pid: number) => void;
    const started = new Promise<number>((resolve) => (tell = resolve));
    const running = run({
      command: "sleep 600 & echo $!; wait",
      show: (_, line) => tell(Number(line)),
      signal: cancelled.signal,
    });
    const child = await started;
    cancelled.abort(new Error("stopped"));
    await expect(running).rejects.toThrow("signal: SIGKILL (stopped)");
    // The kernel tells of a process's end to whoever waits for it: here, tail.
    execFileSync("tail", ["--pid", String(child), "-f", "/dev/null"], { timeout: 10_000 });
  });
});

describe("errors of AWS", () => {
  const error = Object.assign(new Error("The vpc ID 'vpc-1' does not exist"), {
    name: "InvalidVpcID.NotFound",
    operation: "EC2: DescribeVpcs",
    $metadata: { httpStatusCode: 400, requestId: "r-1" },
  });

  test("are worded as the real provider does", () => {
    expect(explain(error, "reading", "aws:ec2/vpc:Vpc")).toBe(
      "reading EC2 Vpc: operation error EC2: DescribeVpcs, https response error StatusCode: 400, RequestID: r-1, " +
        "api error InvalidVpcID.NotFound: The vpc ID 'vpc-1' does not exist",
    );
    const refused = Object.assign(new Error(""), { code: "ECONNREFUSED" });
    expect(explain(refused, "creating", "aws:ssm/parameter:Parameter")).toBe("creating SSM Parameter: ECONNREFUSED");
  });

  test.each(["InvalidVpcID.NotFound", "NoSuchEntityException", "ParameterNotFound", "LoadBalancerNotFoundException"])(
    "%s means gone",
    (name) => {
      expect(isGone(Object.assign(new Error(), { name }))).toBe(true);
    },
  );

  test.each(["DependencyViolation", "UnauthorizedOperation", "ThrottlingException"])("%s does not", (name) => {
    expect(isGone(Object.assign(new Error(), { name }))).toBe(false);
  });
});

test("a program's error is shown at once, whatever lines its stack has", () => {
  const program = `
    const error = new Error("why");
    error.stack = "Error: why\\n    at f (/x/node_modules/@pulumi/resource.ts:1:1)";
    console.log(require("util").inspect(error, { colors: true }));
  `;
  const preload = require.resolve("../../local/plugins/language/plainErrors.js");
  const shown = execFileSync(process.execPath, ["-r", preload, "-e", program], { timeout: 10_000 }).toString();
  expect(shown).toMatch(/Error: why\n.*resource.ts:1:1/);
});

describe("which plugins are stood in for", () => {
  const all = [
    "pulumi-language-nodejs",
    ...["aws", "command", "random", "tls"].map((name) => `pulumi-resource-${name}`),
  ];
  const home = mkdtempSync(join(tmpdir(), "pulumi-home-"));
  afterAll(() => rmSync(home, { recursive: true }));
  const install = (directory: string, name: string) => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, name), "#!/bin/sh\n");
    chmodSync(join(directory, name), 0o755);
  };
  const found = async (path: string) => readdirSync(await standIns({ home, path, cache: home })).sort();

  test("all, where none is installed, also when they are on the PATH themselves", async () => {
    expect(await found("/nonexistent")).toEqual(all);
    expect(await found(await standIns({ home, path: "" }))).toEqual(all);
  });

  test("not those that are on the PATH, or that the engine has in the release of the SDK", async () => {
    const bin = join(home, "bin");
    install(bin, "pulumi-language-nodejs");
    install(join(home, "plugins", `resource-tls-v${versionOf("@pulumi/tls")}`), "pulumi-resource-tls");
    install(join(home, "plugins", "resource-aws-v1.0.0"), "pulumi-resource-aws");
    expect(await found(bin)).toEqual(["pulumi-resource-aws", "pulumi-resource-command", "pulumi-resource-random"]);
  });
});

test.each(["aws", "command", "random", "tls"])(
  "the executable pulumi-resource-%s tells its port, from any directory, and ends with its engine",
  async (name) => {
    const { spawn } = await import("node:child_process");
    const { Server, ServerCredentials } = await import("@grpc/grpc-js");
    const engine = new Server();
    const port = await new Promise<number>((resolve, reject) =>
      engine.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    const plugin = spawn(
      join(await standIns({ home: "", path: "" }), `pulumi-resource-${name}`),
      [`127.0.0.1:${port}`],
      { cwd: "/" },
    );
    const [line] = (await once(plugin.stdout, "data")) as [Buffer];
    expect(line.toString()).toMatch(/^\d+\n$/);
    engine.forceShutdown();
    expect(await once(plugin, "exit")).toEqual([0, null]);
  },
  30_000,
);
