import { type Deployment, dayTwo, deployed } from "./deployment";
import { describeOnHosts } from "./support";

jest.setTimeout(20 * 60_000);

describeOnHosts("npm run preview, of the tests' cluster", () => {
  let cluster: Deployment;
  beforeAll(async () => (cluster = await deployed(dayTwo)));

  test("says that nothing changes where nothing does", async () => {
    expect(await cluster.readablePreview()).toMatch(/^Nothing changes: \d+ resources stay as they are\.\n$/);
  });

  test("shows a change of the configuration: what hosts get as text, a secret as [secret], and what becomes of hosts and data", async () => {
    const shown = await cluster.readablePreview((config) => ({
      ...config,
      "realm-cluster:bootTimeoutMinutes": 5,
      "realm-cluster:featureToken": "another-token",
    }));
    const [, replaced] = /^Hosts replaced: (.*)\.$/m.exec(shown)!;
    const names = cluster.outputs.hosts.map(({ name }) => name);
    expect(replaced.split(/, then | and /).sort()).toEqual([...names].sort());
    expect(shown).toMatch(/^No data volume is touched\.$/m);
    expect(shown).toMatch(/^! update aws:ssm:Parameter feature-token\n {4}value: \[secret\] => \[secret\]$/m);
    expect(shown).toContain('\n-READY_SECONDS="160"\n+READY_SECONDS="200"\n');
    expect(shown).not.toContain("another-token");
    expect(shown).not.toMatch(/[A-Za-z0-9+/]{80}/);
  });
});
