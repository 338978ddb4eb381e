/** What clients notice of a roll of the core services: nothing. */
import { type Deployment, dayTwo, deployed, setting } from "./deployment";
import { SteadyClient } from "./steadyClient";
import { describeOnHosts } from "./support";

jest.setTimeout(10 * 60_000);

describeOnHosts("a roll of the core services", () => {
  let cluster: Deployment;

  beforeAll(async () => {
    cluster = await deployed(dayTwo);
  }, 20 * 60_000);

  test("drains one node after the other, and no request through the load balancer fails", async () => {
    const { studioUrl, adminToken } = cluster.outputs;
    const client = await SteadyClient.start(studioUrl, adminToken);
    const began = Date.now();
    const rolled = await cluster.up(setting("coreServices", { instanceType: "t3.large" }));
    const seconds = (Date.now() - began) / 1000;
    const seen = await client.stop();
    console.log(`rolled two core nodes in ${seconds.toFixed(1)} s: ${JSON.stringify(seen)}`);
    expect(rolled).toMatchObject({ ok: true });
    const deleted = rolled.changes
      .filter(({ op }) => op === "delete-replaced")
      .map(({ name, type }) => `${name} ${type}`);
    const leaving = (host: string) => [
      `${host}-drain command:local:Command`,
      `${host} aws:lb/targetGroupAttachment:TargetGroupAttachment`,
      `${host} aws:ec2/instance:Instance`,
    ];
    expect(deleted).toEqual([...leaving("core-services-01"), ...leaving("core-services-02")]);
    expect(seen.failures).toEqual([]);
    for (const kind of ["health", "login", "directory"]) expect(seen.answered[kind]).toBeGreaterThan(seconds / 5);
    expect(seen.answered.sync).toBeGreaterThan(0);
  });
});
