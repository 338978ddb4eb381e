/** An upgrade of one tier today and of the others tomorrow, as the README has it: what each `pulumi up` replaces of a cluster that runs. */
import { describeOnHosts } from "../cluster/support";
import type { Config } from "./release";
import { PreviewedCluster, disturbed } from "./previewedCluster";

jest.setTimeout(900_000);

describeOnHosts("another version of Consul", () => {
  let cluster: PreviewedCluster;
  beforeAll(async () => (cluster = await PreviewedCluster.deployed("prod")));
  afterAll(() => cluster?.end());

  const consul = { version: "1.99.0", sha256: "0".repeat(64) };
  const upgraded = (config: Config): Config => ({
    ...config,
    "realm-cluster:consul": { ...(config["realm-cluster:consul"] as object), ...consul },
  });

  test.each([
    ["**ConsulNode**", "every host with a Consul server"],
    ["**SyncWorkerGroup**", "every host with a sync worker"],
    ["**CoreServicesNode**", "every host with core services"],
  ])("with --target '%s' replaces %s alone", async (target, hosts) => {
    expect(disturbed(await cluster.preview(upgraded, "--target", target))).toEqual(cluster.named(hosts).sort());
  });

  test("can be one group of sync workers' first", async () => {
    const archive = cluster.named("every host with a sync worker").filter((resource) => resource.includes("archive"));
    expect(disturbed(await cluster.preview(upgraded, "--target", "**::sync-archive-**"))).toEqual(archive.sort());
  });

  test("replaces every host without", async () => {
    expect(disturbed(await cluster.preview(upgraded))).toEqual(cluster.named("every host").sort());
  });
});
