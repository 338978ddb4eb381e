/** The doctor on a running cluster: content while all is well, and exact about what is not. */
import { type LocalAws, findLocalAws } from "../../local/cluster/localAws";
import { eventually } from "./awsCli";
import { npm, run } from "./localCluster";
import { describeOnHosts } from "./support";

jest.setTimeout(120_000);

const SECRET = "/etc/realm-cluster/secrets/auth-pub";

describeOnHosts("the doctor", () => {
  let local: LocalAws;

  beforeAll(async () => {
    await npm("start");
    local = await findLocalAws();
  }, 20 * 60_000);

  const exec = async (host: string, script: string) => {
    const instance = (await local.state()).instances.find(({ name, on }) => on && name?.endsWith(host));
    const { code, stderr } = await local.exec(instance!.id, ["sh", "-c", script]);
    if (code !== 0) throw new Error(`${host}: ${script}: ${stderr}`);
  };
  const doctor = async (...args: string[]) => run("npm", ["run", "--silent", "doctor", "--", ...args]);
  const findings = async () => {
    const { code, stdout } = await doctor("--json");
    const { checks } = JSON.parse(stdout) as { checks: { findings: { kind: string; where: string }[] }[] };
    return [`exit ${code}`, ...checks.flatMap((check) => check.findings).map(({ kind, where }) => `${kind} ${where}`)];
  };

  test("finds a healthy cluster healthy, and shows no secret", async () => {
    const { code, stdout } = await doctor();
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/The cluster dev is healthy\.\n$/) });
    expect(stdout).toMatch(/auth-key [0-9a-f]{8},/);
    expect(stdout).not.toContain("PRIVATE KEY");
  });

  test("names a worker that does not run and a key that was changed, and finds the cluster healthy once they are mended", async () => {
    await exec("consul-01", "systemctl stop sync-worker");
    await exec("core-services-01", `echo >> ${SECRET}`);
    try {
      // A new master takes some seconds where the stopped worker was it, and so does the check of it by its host's agent.
      const expected = ["unit-down consul-01", "service-failing consul-01", "key-differs core-services-01"];
      await eventually(findings, (found) => found.join() === ["exit 1", ...expected].join());
    } finally {
      await exec("consul-01", "systemctl start sync-worker");
      await exec("core-services-01", "systemctl restart realm-cluster-boot");
    }
    await eventually(findings, (found) => found.join() === "exit 0", 60);
  });

  test("names a data volume that fills", async () => {
    const volume = "/var/lib/realm-cluster";
    const free = `$(($(df --output=avail -B1 ${volume} | tail -n 1) - 4194304))`;
    await exec("consul-02", `fallocate -l ${free} ${volume}/full`);
    try {
      expect(await findings()).toEqual(["exit 1", "disk-filling consul-02"]);
    } finally {
      await exec("consul-02", `rm ${volume}/full`);
    }
    await eventually(findings, (found) => found.join() === "exit 0", 60);
  });

  test("asks a stack by its name, as a plain pulumi does, and says when there is none", async () => {
    const exports = (await npm("aws")).matchAll(/^export (\w+)='(.*)'$/gm);
    const variables = Object.fromEntries([...exports].map(([, name, value]) => [name, value]));
    const ask = (stack: string) =>
      run("npm", ["run", "--silent", "doctor", "--", "--stack", stack], { ...process.env, ...variables });
    expect(await ask("dev")).toMatchObject({ code: 0, stdout: expect.stringContaining("The cluster dev is healthy.") });
    expect(await ask("none")).toMatchObject({
      code: 2,
      stdout: expect.stringContaining("no stack named 'none' found"),
    });
  });
});
