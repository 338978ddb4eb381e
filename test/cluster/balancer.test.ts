/** The local AWS's load balancer in a network of its own, in front of a web server: no hosts, no API. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Server } from "../../local/aws/balancer/config";
import { HAProxy } from "../../local/aws/balancer/haproxy";
import { addNamespace, closeConnections, deleteNamespace, ipBatch } from "../../local/aws/network/namespace";
import { run } from "../../local/process";
import { ensureDebianPackages } from "../../local/tools/debian";
import { targetGroup } from "../unit/awsCloud";
import { eventually } from "./awsCli";
import { describeOnHosts } from "./support";

jest.setTimeout(60_000);

const target: Server = { name: "i-a:8080", address: "10.9.0.10", port: 8080, source: "10.9.0.2" };
const url = "http://127.77.9.1";

describeOnHosts("a load balancer", () => {
  const namespace = `t${process.pid}-lb`;
  const directory = mkdtempSync(join(tmpdir(), "balancer-test-"));
  let haproxy: HAProxy;
  let web: ChildProcess;

  beforeAll(async () => {
    await ensureDebianPackages(() => {});
    await addNamespace(namespace);
    await ipBatch(namespace, [
      "link set lo up",
      `address add ${target.address}/32 dev lo`,
      "address add 10.9.0.2/32 dev lo",
    ]);
    const files = join(directory, "web");
    mkdirSync(files);
    writeFileSync(join(files, "index.html"), "hello");
    // Who reads it waits for a writer, who never comes.
    await run("mkfifo", [join(files, "slow")]);
    const python = ["python3", "-m", "http.server", "--bind", target.address, "--directory", files, "8080"];
    web = spawn("ip", ["netns", "exec", namespace, ...python], { stdio: "ignore" });
    haproxy = new HAProxy(join(directory, "haproxy"));
  }, 900_000);

  afterAll(async () => {
    haproxy?.stop();
    web?.kill();
    await deleteNamespace(namespace);
    rmSync(directory, { recursive: true });
  });

  const serve = (servers: Server[], healthPath = "/") => {
    const { health } = targetGroup();
    const group = targetGroup({ health: { ...health, path: healthPath, intervalSeconds: 1, timeoutSeconds: 1 } });
    const action = { type: "forward", targetGroupArn: group.arn } as const;
    const common = { idleTimeoutSeconds: 60, namespace };
    return haproxy.apply(async () => ({
      files: { certificate: "", imdsSocket: join(directory, "imds"), internetSocket: join(directory, "internet") },
      ...{ apiPort: 1, vpcs: [], forwards: [] },
      listeners: [
        {
          ...common,
          ...{ name: "lb-80", listener: { port: 80, protocol: "HTTP", action }, publicAddress: url.slice(7) },
          ...{ addresses: [], backend: "lb-core" },
        },
      ],
      backends: [{ ...common, name: "lb-core", group, servers }],
    }));
  };
  const status = async (path = "/") => (await fetch(url + path, { headers: { connection: "close" } })).status;
  const health = async () => (await haproxy.targetHealth()).get(`lb-core/${target.name}`);

  test("leaves one process that listens, and the last that it was told, when told twice at once", async () => {
    await Promise.all([serve([target], "/first"), serve([target], "/second"), serve([target], "/")]);
    const listening = async () => (await run("ss", ["-Htlnp", "src", url.slice(7)])).match(/pid=\d+/g);
    expect(await listening()).toHaveLength(1);
    await eventually(health, (now) => now?.state === "healthy");
  });

  test("fails open: where no target is healthy, any gets requests", async () => {
    await serve([target], "/missing");
    await eventually(health, (now) => now?.reason === "Target.ResponseCodeMismatch");
    expect(await status()).toBe(200);
    await serve([]);
    expect(await status()).toBe(503);
  });

  test("lets a target that left finish what it has, until its connections are closed", async () => {
    await serve([target]);
    await eventually(health, (now) => now?.state === "healthy");
    const connections = async () => {
      const filter = ["state", "established", "dst", target.address, "dport", "=", `:${target.port}`];
      return (await run("ip", ["netns", "exec", namespace, "ss", "-Htn", ...filter])).trim();
    };
    let slow: number | undefined;
    const answered = status("/slow").then((code) => (slow = code));
    await eventually(connections, (open) => open !== "");
    await serve([]);
    expect(await status()).toBe(503);
    expect(await connections()).not.toBe("");
    expect(slow).toBeUndefined();
    await closeConnections(namespace, target.address, target.port);
    await answered;
    expect(slow).toBe(502);
  });
});
