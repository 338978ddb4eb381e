import { type ExecFileOptions, execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { Moto } from "../../local/aws/moto";
import { statePaths } from "../../local/aws/options";
import { standIns } from "../../local/plugins/path";
import { ensureTools } from "../../local/tools";

const repository = join(__dirname, "../..");

/** What a command of the engine ended with. */
export interface Ending {
  code: number;
  /** What it wrote to standard output. */
  stdout: string;
  /** What it wrote, standard output and standard error. */
  text: string;
}

/** What the commands run on. */
export interface Project {
  /** Its `Pulumi.yaml`. */
  settings: { name: string } & Record<string, unknown>;
  stack: string;
  /** Directories to put before the PATH of the engine and of what it runs. @default none */
  path?: string[];
  /** Puts something before moto, and returns where it answers. @default nothing */
  front?: (moto: string) => Promise<string>;
  /** More variables of the engine's environment. @default none */
  env?: Record<string, string>;
}

const scratchProject: Project = {
  settings: { name: "engine", runtime: { name: "nodejs", options: { typescript: false } } },
  stack: "test",
};

/** Resources that a program registers without an SDK: the type's token, the inputs, the outputs that are read, and options. */
const prelude = `
const pulumi = require("@pulumi/pulumi");
class Resource extends pulumi.CustomResource {
  constructor(type, name, inputs, outputs = [], options = {}) {
    super(type, name, { ...inputs, ...Object.fromEntries(outputs.map((output) => [output, undefined])) }, options);
  }
}
`;

/** A project of its own for the plain pulumi command, with the stand-ins, a moto, and a state that is a directory. */
export class EngineProject {
  /** A project whose program a test writes. */
  static readonly scratch = scratchProject;
  private readonly directory = mkdtempSync(join(tmpdir(), "engine-test-"));

  private constructor(
    private readonly scratch: string,
    private readonly pulumiPath: string,
    private readonly path: string,
    private readonly moto: Moto,
    private readonly project: Project,
    private readonly endpoint: string,
  ) {}

  /** @param of what it is; left out, one whose program is written by `program` */
  static async create(of: Project = scratchProject): Promise<EngineProject> {
    const { pulumi, moto: executable } = await ensureTools((line) => process.stderr.write(`${line}\n`));
    const scratch = mkdtempSync(join(tmpdir(), "engine-test-moto-"));
    const moto = new Moto(executable, statePaths(scratch), (reason) => process.stderr.write(`${reason}\n`));
    await moto.start();
    const plugins = await standIns({ home: scratch, cache: scratch });
    const path = [...(of.path ?? []), plugins, dirname(pulumi), process.env.PATH].join(":");
    const endpoint = (await of.front?.(moto.endpoint)) ?? moto.endpoint;
    const project = new EngineProject(scratch, pulumi, path, moto, of, endpoint);
    await project.prepare();
    return project;
  }

  private async prepare(): Promise<void> {
    // JSON is YAML.
    writeFileSync(join(this.directory, "Pulumi.yaml"), JSON.stringify(this.project.settings));
    writeFileSync(join(this.directory, "package.json"), '{ "main": "index.js" }');
    symlinkSync(join(repository, "node_modules"), join(this.directory, "node_modules"));
    const { code, text } = await this.pulumi("stack", "init", this.project.stack);
    if (code !== 0) throw new Error(text);
  }

  /** What reaches the AWS of this project. */
  get aws() {
    return {
      endpoint: this.endpoint,
      region: "eu-west-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    };
  }

  /** Gives the stack its configuration, by key as in a stack's file, in place of the one that it has. */
  configure(config: Record<string, unknown>): void {
    const file = join(this.directory, `Pulumi.${this.project.stack}.yaml`);
    const { encryptionsalt } = parse(readFileSync(file, "utf8")) as { encryptionsalt: string };
    writeFileSync(file, JSON.stringify({ encryptionsalt, config }));
  }

  /** Gives the stack its state, in place of the one that it has: what `pulumi stack export` printed. */
  async import(state: string): Promise<void> {
    const file = join(this.scratch, "state.json");
    writeFileSync(file, state);
    const { code, text } = await this.pulumi("stack", "import", "--file", file);
    if (code !== 0) throw new Error(text);
  }

  /** Writes the program; `body` can use `Resource` and `pulumi`, and `exports`. */
  program(body: string): void {
    writeFileSync(join(this.directory, "index.js"), prelude + body);
  }

  /** Runs a command of the engine on the project's stack. */
  pulumi(...args: string[]): Promise<Ending> {
    const all = [
      ...args,
      "--non-interactive",
      "--color=never",
      ...(args[0] === "stack" && args[1] === "init" ? [] : [`--stack=${this.project.stack}`]),
    ];
    return this.run(this.pulumiPath, all);
  }

  /** Runs `npm run preview` on the project's stack. */
  readablePreview(...args: string[]): Promise<Ending> {
    return this.run("npm", [
      "run",
      "--silent",
      "--prefix",
      repository,
      "preview",
      "--",
      `--stack=${this.project.stack}`,
      `--cwd=${this.directory}`,
      ...args,
    ]);
  }

  /** Runs `pulumi up`, or another command, until it ends or is killed, which it hears nothing of. */
  interruptible(signal: AbortSignal, ...args: string[]): Promise<Ending> {
    const all = [...args, "--yes", "--skip-preview", "--non-interactive", `--stack=${this.project.stack}`];
    return this.run(this.pulumiPath, all, { signal, killSignal: "SIGKILL" });
  }

  /** How programs run the engine on this project by themselves. */
  get engine() {
    return { stack: this.project.stack, cwd: this.directory, env: this.env };
  }

  private get env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      PATH: this.path,
      PULUMI_HOME: join(this.directory, "home"),
      PULUMI_BACKEND_URL: `file://${this.directory}?metadata=skip`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      ...this.project.env,
    };
  }

  private run(command: string, args: string[], how: ExecFileOptions = {}): Promise<Ending> {
    const options = { ...how, cwd: this.directory, env: this.env, maxBuffer: 1 << 26, encoding: "utf8" as const };
    return new Promise((resolve) =>
      execFile(command, args, options, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) || 1 : 0, stdout, text: stdout + stderr }),
      ),
    );
  }

  up = () => this.pulumi("up", "--yes", "--skip-preview");
  preview = (...args: string[]) => this.pulumi("preview", "--diff", ...args);

  /** The stack's outputs, secrets among them. */
  async outputs(): Promise<Record<string, unknown>> {
    const { text } = await this.pulumi("stack", "output", "--json", "--show-secrets");
    return JSON.parse(text.slice(text.indexOf("{"))) as Record<string, unknown>;
  }

  /** The state file as it is on the disk. */
  state(): string {
    const { settings, stack } = this.project;
    return readFileSync(join(this.directory, `.pulumi/stacks/${settings.name}/${stack}.json`), "utf8");
  }

  async end(): Promise<void> {
    await this.moto.stop();
    for (const directory of [this.directory, this.scratch]) rmSync(directory, { recursive: true });
  }
}
