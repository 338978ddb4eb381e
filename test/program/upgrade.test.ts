/**
 * The next release of this program under clusters of the last one: it replaces and deletes what CHANGELOG.md says, and nothing else. With
 * UPDATE_FIXTURE=1 the clusters are made anew, which is part of a release.
 */
import { hostname } from "node:os";
import type { Digest } from "../../preview/digest";
import { renderText } from "../../preview/render";
import { makeReport } from "../../preview/report";
import { describeOnHosts } from "../cluster/support";
import { parseChangelog, readChangelog } from "./changelog";
import { EngineProject } from "./engineProject";
import { makeRelease, readRelease, stacks, tracesOfMachine, version } from "./release";
import { PreviewedCluster, disturbed } from "./previewedCluster";

jest.setTimeout(900_000);

/** What no release may replace or delete, whatever the change log says of it: data, addresses, keys, and the name that clients use. */
const LASTING =
  /^(aws:ebs:Volume|aws:ec2:(NetworkInterface|Vpc|Subnet)|aws:lb:LoadBalancer|tls:.*|random:.*|pulumi:index:Stash) /;

const CORE = "realm-cluster:coreServices";

/** A host with a sync worker. */
const aWorker: Record<string, string> = { dev: "consul-03", prod: "sync-archive-03" };

/** Fails unless a preview replaces and deletes exactly what items of the change log name. */
function expectAnnounced(cluster: PreviewedCluster, items: string[], digest: Digest): void {
  const announced = [...new Set(items.flatMap((item) => cluster.named(item)))].sort();
  const found = disturbed(digest);
  if (JSON.stringify(found) === JSON.stringify(announced)) return;
  const lines = [
    `CHANGELOG.md says under Unreleased that \`pulumi up\` on a cluster of ${cluster.version} replaces or deletes: ${items.join(", ")}`,
    `not announced, or to be kept by an alias: ${found.filter((one) => !announced.includes(one)).join(", ") || "none"}`,
    `announced, and not so: ${announced.filter((one) => !found.includes(one)).join(", ") || "none"}`,
  ];
  throw new Error([...lines, "", renderText(makeReport(digest))].join("\n"));
}

const [unreleased, last] = readChangelog();

if (process.env.UPDATE_FIXTURE) {
  describeOnHosts("the release that is kept", () => {
    test.each(stacks)("has a cluster as in Pulumi.%s.yaml", makeRelease);
  });
}

describe("what is kept of the last release", () => {
  test("the change log begins with what is not released, and says of it what it replaces; the last release is this version's", () => {
    expect(unreleased.name).toBe("Unreleased");
    expect(unreleased.replaces).toBeDefined();
    expect(last.name).toBe(version);
    for (const stack of stacks) expect(readRelease(stack).version).toBe(version);
  });

  test("the kept clusters have nothing of the machine in them that made them", () => {
    expect(tracesOfMachine(`{"main":"${process.cwd()}/index.ts","host":"${hostname()}"}`)).toEqual(
      expect.arrayContaining([process.cwd(), hostname()]),
    );
    for (const stack of stacks) {
      const { state } = readRelease(stack);
      expect(tracesOfMachine(JSON.stringify(state))).toEqual([]);
      expect(state.deployment.manifest.plugins).toBeUndefined();
    }
  });

  test("what the change log replaces is a list", () => {
    const text =
      "# Changelog\n\n## [Unreleased]\n\n**Replaces or deletes:** every host, `aws:lb:Listener port-80`\n\n## [1.0.0] - 2026-01-01\n";
    expect(parseChangelog(text)).toEqual([
      { name: "Unreleased", replaces: ["every host", "aws:lb:Listener port-80"] },
      { name: "1.0.0", replaces: undefined },
    ]);
  });
});

for (const stack of stacks) {
  describeOnHosts(`a cluster of the last release, as in Pulumi.${stack}.yaml,`, () => {
    let cluster: PreviewedCluster;
    beforeAll(async () => (cluster = await PreviewedCluster.released(stack)));
    afterAll(() => cluster?.end());

    test("loses under this program what the change log says, and nothing that must last", async () => {
      const digest = await cluster.preview();
      expectAnnounced(cluster, unreleased.replaces!, digest);
      expect(disturbed(digest).filter((resource) => LASTING.test(resource))).toEqual([]);
    });

    test("would not pass with a change that the change log does not tell", async () => {
      const changed = await cluster.preview(({ [CORE]: core, ...config }) => ({
        ...config,
        [CORE]: { ...(core as object), instanceType: "c6i.large" },
      }));
      const cores = "every host with core services";
      expect(cluster.named("every host with a sync worker")).toContain(`aws:ec2:Instance ${aWorker[stack]}`);
      expectAnnounced(cluster, [...unreleased.replaces!, cores], changed);
      expect(() => expectAnnounced(cluster, ["nothing"], changed)).toThrow("aws:ec2:Instance core-services-01");
    });
  });
}

describeOnHosts("a resource that a release calls otherwise", () => {
  let project: EngineProject;
  beforeAll(async () => (project = await EngineProject.create()));
  afterAll(() => project?.end());

  const salt = (name: string, options: string) =>
    project.program(
      `new Resource("random:index/randomId:RandomId", "${name}", { byteLength: 4 }, ["hex"], ${options});`,
    );

  test("is kept by an alias, and made anew without", async () => {
    salt("before", "{}");
    expect(await project.up()).toMatchObject({ code: 0 });
    salt("after", "{}");
    expect((await project.preview()).text).toMatch(/\+ 1 to create\n.*- 1 to delete/);
    salt("after", `{ aliases: [{ name: "before" }] }`);
    expect(await project.preview("--expect-no-changes")).toMatchObject({ code: 0 });
  });
});
