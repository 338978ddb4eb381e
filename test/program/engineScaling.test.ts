import { describeOnHosts } from "../cluster/support";
import { EngineProject } from "./engineProject";

jest.setTimeout(900_000);

/** Servers, with what Quorums puts beside them; the gate tells when it runs. */
const program = (servers: string[], { broken = "", gate = "echo settled $SERVERS" } = {}) => `
  const change = new Resource("random:index/randomId:RandomId", "change", {
    byteLength: 4, keepers: { servers: "${servers.join(" ")}" },
  }, ["hex"]);
  const servers = ${JSON.stringify(servers)}.map((name) => new Resource("command:local:Command", name, {
    create: name === "${broken}" ? "exit 3" : "true",
  }, [], { dependsOn: [change] }));
  new Resource("command:local:Command", "gate", {
    create: "true", update: "${gate}", environment: { SERVERS: "${servers.join(" ")}", CHANGE: change.hex },
  }, [], { dependsOn: servers });
`;

describeOnHosts("what the engine does with another number of servers", () => {
  let project: EngineProject;
  const three = ["s1", "s2", "s3"];
  const four = [...three, "s4"];

  beforeAll(async () => {
    project = await EngineProject.create();
    project.program(program(three));
    expect(await project.up()).toMatchObject({ code: 0 });
  });
  afterAll(() => project?.end());

  const has = (name: string) => project.state().includes(`::${name}"`);

  test("a change that did not finish is settled when it is given up, and nothing is left to do then", async () => {
    project.program(program(four, { broken: "s4" }));
    const failed = await project.up();
    expect(failed.code).not.toBe(0);
    expect(failed.text).not.toContain("settled");
    project.program(program(three));
    expect((await project.up()).text).toContain("settled s1 s2 s3");
    expect((await project.preview("--expect-no-changes")).code).toBe(0);
  });

  test("a server that is not wanted any more is deleted after the gate, and not at all when the gate fails", async () => {
    project.program(program(four));
    expect(await project.up()).toMatchObject({ code: 0 });
    project.program(program(three, { gate: "exit 3" }));
    expect((await project.up()).code).not.toBe(0);
    expect(has("s4")).toBe(true);
    project.program(program(three));
    expect((await project.up()).text).toMatch(/settled s1 s2 s3[^]* s4 delet/);
    expect(has("s4")).toBe(false);
  });

  test("nothing is settled when everything is destroyed", async () => {
    const { code, text } = await project.pulumi("destroy", "--yes", "--skip-preview");
    expect(code).toBe(0);
    expect(text).not.toContain("settled");
  });
});
