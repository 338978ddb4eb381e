import { describeOnHosts } from "../cluster/support";
import { EngineProject } from "./engineProject";

jest.setTimeout(900_000);

describeOnHosts("the engine with the stand-ins of random, tls and command", () => {
  let project: EngineProject;
  beforeAll(async () => (project = await EngineProject.create()));
  afterAll(() => project?.end());

  /** A program with a password, a key and a command, whose changing parts are given. */
  const program = ({
    length = 24,
    update = "echo updated after $PULUMI_COMMAND_STDOUT",
    wanted = "one",
    extra = "",
  } = {}) =>
    project.program(`
      const password = new Resource("random:index/randomPassword:RandomPassword", "password", { length: ${length} }, ["result"]);
      const key = new Resource("tls:index/privateKey:PrivateKey", "key", { algorithm: "RSA" }, ["privateKeyPem", "publicKeyPem"]);
      const command = new Resource("command:local:Command", "command", {
        create: "echo made $WANTED",
        update: ${JSON.stringify(update)},
        delete: "echo bye",
        environment: { WANTED: ${JSON.stringify(wanted)} },
      }, ["stdout"]);
      const secretive = new Resource("command:local:Command", "secretive", {
        create: "echo $PASSWORD", logging: "none", environment: { PASSWORD: password.result },
      }, ["stdout"]);
      exports.length = pulumi.unsecret(password.result).apply((text) => text.length);
      exports.privateKey = key.privateKeyPem;
      exports.publicKey = key.publicKeyPem;
      exports.stdout = command.stdout;
      exports.password = password.result;
      exports.echoed = secretive.stdout;
      ${extra}
    `);

  test("a preview makes nothing, and knows what it cannot know yet", async () => {
    program();
    const { code, text } = await project.preview();
    expect(text).toContain("+ 5 to create");
    expect(text).toMatch(/stdout *: \[unknown\]/);
    expect(code).toBe(0);
    expect(await project.outputs()).toEqual({});
  });

  test("an update makes it, showing what the command writes, and a second one changes nothing", async () => {
    const { code, text } = await project.up();
    expect(text).toContain("+ 5 created");
    expect(text).toMatch(/command:local:Command command creat\w+ \(.*\) made one/);
    expect(code).toBe(0);
    expect(await project.outputs()).toMatchObject({
      length: 24,
      stdout: "made one",
      privateKey: expect.stringMatching(/^-----BEGIN RSA PRIVATE KEY-----/),
      publicKey: expect.stringMatching(/^-----BEGIN PUBLIC KEY-----/),
    });
    expect((await project.preview("--expect-no-changes")).code).toBe(0);
  });

  test("secrets are encrypted in the state, and so is what a command made of one", async () => {
    const { password, echoed, privateKey } = await project.outputs();
    expect(echoed).toBe(password);
    const state = project.state();
    expect(state).toContain("made one");
    expect(state).not.toContain(password);
    expect(state).not.toContain((privateKey as string).split("\n")[1]);
    expect(JSON.stringify((await project.pulumi("stack", "output", "--json")).text)).not.toContain(password);
  });

  test("a change of a command is an update, which sees what was written before", async () => {
    program({ wanted: "two" });
    const { text } = await project.up();
    expect(text).toContain("~ 1 updated");
    expect((await project.outputs()).stdout).toBe("updated after made one");
  });

  test("a command that fails fails the update with its own words, and runs again in the next", async () => {
    program({ wanted: "three", update: "echo it is broken >&2; exit 3" });
    const failed = await project.up();
    expect(failed.code).not.toBe(0);
    expect(failed.text).toContain('error: exit status 3: running "echo it is broken >&2; exit 3":\n    it is broken');
    expect((await project.outputs()).stdout).toBe("updated after made one");
    program({ wanted: "three" });
    expect((await project.up()).code).toBe(0);
    expect((await project.outputs()).stdout).toBe("updated after updated after made one");
  });

  test("a change that cannot be made in place is a replacement, and goes on to what depends on it", async () => {
    program({ length: 30, wanted: "three" });
    const preview = await project.preview();
    expect(preview.text).toMatch(/\+-random:index\/randomPassword:RandomPassword: \(replace\)/);
    expect(preview.text).toMatch(/~ command:local:Command: \(update\)/);
    const { text } = await project.up();
    expect(text).toContain("+-1 replaced");
    const { length, password, echoed } = await project.outputs();
    expect(length).toBe(30);
    expect(echoed).toBe(password);
  });

  test.each([
    [
      "an unknown property",
      `new Resource("random:index/randomId:RandomId", "id", { byteLength: 4, colour: "red" });`,
      "colour",
    ],
    [
      "an unknown type",
      `new Resource("random:index/randomPet:RandomPet", "pet", {});`,
      "has no resource type random:index/randomPet:RandomPet",
    ],
  ])("%s is refused in the preview already", async (_, extra, reason) => {
    program({ length: 30, wanted: "three", extra });
    const { code, text } = await project.preview();
    expect(code).not.toBe(0);
    expect(text).toContain(reason);
  });

  test("a program that throws fails the update with its error, told once", async () => {
    program({ length: 30, wanted: "three", extra: `throw new Error("no such zone");` });
    const { code, text } = await project.up();
    expect(code).not.toBe(0);
    expect(text.match(/Error: no such zone/g)).toHaveLength(1);
    expect(text).not.toContain("non-zero exit code");
  });

  test("pulumi about knows the language host and what the program depends on", async () => {
    const { text } = await project.pulumi("about");
    expect(text).toContain(process.version);
  });

  test("destroy runs the commands for the end, and leaves nothing", async () => {
    const { code, text } = await project.pulumi("destroy", "--yes", "--skip-preview");
    expect(text).toContain("- 5 deleted");
    expect(text).toMatch(/command:local:Command command delet\w+ \(.*\) bye/);
    expect(code).toBe(0);
    expect(
      (JSON.parse(project.state()) as { checkpoint: { latest: { resources?: [] } } }).checkpoint.latest.resources ?? [],
    ).toEqual([]);
  });
});
