/** Runs a Node.js program under the SDK's own runner, as the real language host does. */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { RunResponse, type RunRequest } from "@pulumi/pulumi/proto/language_pb";

/** The runner's exit code for "failed, and the person has been told why". */
const TOLD = 32;

/** Options under `runtime: {name: nodejs, options: ...}` in Pulumi.yaml that are honoured here. */
interface RuntimeOptions {
  /** Whether TypeScript is compiled on the fly; default true. */
  typescript?: boolean;
  /** Another tsconfig.json. */
  tsconfig?: string;
  /** More arguments for node. */
  nodeargs?: string;
}

/** Runs the program to its end. `engine` is the engine's address. */
export function run(request: RunRequest, engine: string): Promise<RunResponse> {
  const options = (request.getInfo()?.getOptions()?.toJavaScript() ?? {}) as RuntimeOptions;
  const directory = request.getInfo()?.getProgramDirectory() || request.getPwd();
  const nodeArguments = options.nodeargs?.split(/\s+/).filter(Boolean) ?? [];
  // Not `--require`: seeing that, the SDK would take the program for one with a loader of its own.
  const preload = ["-r", join(__dirname, "plainErrors.js")];
  const child = spawn(
    process.execPath,
    [...preload, ...nodeArguments, ...runnerArguments(request, directory, engine)],
    {
      env: { ...process.env, ...environment(request, options) },
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  const stop = () => child.kill("SIGKILL");
  process.once("exit", stop);
  return new Promise((resolve) => {
    const done = (error: string, bail = false) => {
      process.removeListener("exit", stop);
      const response = new RunResponse();
      response.setError(error);
      response.setBail(bail);
      resolve(response);
    };
    child.once("error", (error) =>
      done(`Problem executing program (could not run language executor): ${error.message}`),
    );
    child.once("exit", (code, signal) => {
      if (code === TOLD) return done("", true);
      done(
        code === 0
          ? ""
          : code === null
            ? `Program was ended by ${signal}`
            : `Program exited with non-zero exit code: ${code}`,
      );
    });
  });
}

function runnerArguments(request: RunRequest, directory: string, engine: string): string[] {
  const runner = createRequire(join(directory, "package.json")).resolve("@pulumi/pulumi/cmd/run");
  const flags = {
    monitor: request.getMonitorAddress(),
    engine,
    organization: request.getOrganization(),
    project: request.getProject(),
    "root-directory": request.getInfo()?.getRootDirectory() ?? "",
    stack: request.getStack(),
    pwd: request.getPwd(),
    parallel: String(request.getParallel()),
  };
  const given = Object.entries(flags).flatMap(([name, value]) => (value ? [`--${name}`, value] : []));
  const program = request.getInfo()?.getEntryPoint() || request.getProgram() || ".";
  return [runner, ...given, ...(request.getDryrun() ? ["--dry-run"] : []), program, ...request.getArgsList()];
}

function environment(request: RunRequest, options: RuntimeOptions): NodeJS.ProcessEnv {
  // The SDK wants `<package>:config:<name>`, the engine says `<package>:<name>`.
  const config = request
    .getConfigMap()
    .toArray()
    .map(([key, value]) => [key.replace(/^([^:]*):(?!config:)/, "$1:config:"), value]);
  return {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(config)),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    ...(options.typescript === false ? {} : { PULUMI_NODEJS_TYPESCRIPT: "true" }),
    ...(options.tsconfig ? { PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig } : {}),
  };
}
