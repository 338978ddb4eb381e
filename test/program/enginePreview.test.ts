import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeOnHosts } from "../cluster/support";
import { render } from "../unit/userdataHosts";
import { EngineProject } from "./engineProject";

jest.setTimeout(900_000);

describeOnHosts("npm run preview, on the engine", () => {
  const scratch = mkdtempSync(join(tmpdir(), "preview-test-"));
  let project: EngineProject;
  beforeAll(async () => {
    project = await EngineProject.create();
    program();
    expect((await project.up()).code).toBe(0);
  });
  afterAll(async () => {
    rmSync(scratch, { recursive: true });
    await project?.end();
  });

  /** A host's instance, which waits for those before it, as in a rolling replacement. */
  const host = (name: string, readySeconds: number) => `
    hosts.push(new Resource("aws:ec2/instance:Instance", "${name}", {
      ami: "ami-12c6146b", instanceType: "t3.medium", userDataReplaceOnChange: true,
      userDataBase64: "${render("core", { name, bootReport: `/boot/${name}`, readySeconds }).base64}",
    }, [], { deleteBeforeReplace: true, hideDiffs: ["userDataBase64"], dependsOn: [...hosts] }));
  `;
  const program = ({ readySeconds = 600, secret = "s3cr3t-one", extra = "" } = {}) =>
    project.program(`
      const hosts = [];
      ${host("core-01", readySeconds)}
      ${host("core-02", readySeconds)}
      new Resource("aws:ssm/parameter:Parameter", "token", {
        name: "/token", type: "SecureString", value: pulumi.secret("${secret}"),
      });
      ${extra}
    `);
  const preview = async () => {
    const file = join(scratch, "preview.md");
    rmSync(file, { force: true });
    const ending = await project.readablePreview("--markdown", file);
    return { ...ending, markdown: readFileSync(file, "utf8") };
  };
  const BLOB = /[A-Za-z0-9+/]{60}/;

  test("says that nothing changes where nothing does, and ends well", async () => {
    const { text, code, markdown } = await preview();
    expect(text).toMatch(/^Nothing changes: 4 resources stay as they are\.\n(warning: using .*\n)*$/);
    expect(markdown).toBe("### Preview of test\n\nNothing changes: 4 resources stay as they are.\n");
    expect(code).toBe(0);
  });

  test("shows user data as text, once for the hosts that have the change in common, and secrets as [secret]", async () => {
    program({ readySeconds: 300, secret: "s3cr3t-two" });
    const { text, code, markdown } = await preview();
    expect(text).toContain("Hosts replaced: core-01, then core-02.\nNo data volume is touched.");
    expect(text).toContain("! replace aws:ec2:Instance core-01, core-02\n    userDataBase64: as text below\n");
    expect(text).toContain("! update aws:ssm:Parameter token\n    value: [secret] => [secret]\n");
    expect(text).toContain("User data of core-01, core-02 (as for core-01)");
    for (const shown of [text, markdown]) {
      expect(shown.split('\n-READY_SECONDS="600"\n+READY_SECONDS="300"\n')).toHaveLength(2);
      expect(shown).not.toMatch(BLOB);
      expect(shown).not.toContain("s3cr3t");
    }
    expect(code).toBe(0);
  });

  test("says why a preview fails, and fails", async () => {
    program({ extra: `throw new Error("no such \`zone\`");` });
    const { text, code, markdown } = await preview();
    expect(text).toMatch(/^The preview failed\.\n/m);
    expect(markdown).toContain("no such `zone`");
    expect(code).not.toBe(0);
    const elsewhere = await project.readablePreview("--stack=nowhere");
    expect(elsewhere.text).toContain("no stack named 'nowhere'");
    expect(elsewhere.code).not.toBe(0);
  });
});
