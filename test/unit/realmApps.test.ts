import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as ts from "typescript";
import { realmPackages } from "./realmPackages";

const repository = path.resolve(__dirname, "../..");
const apps = path.join(repository, "userdata/apps");
const names = ["coreServices", "realmDirectory", "syncWorker"];

jest.setTimeout(60_000);

let packages: string;

beforeAll(async () => {
  packages = await realmPackages();
}, 300_000);

/** The faults of programs for the hosts, against the declarations of the real realm-object-server. */
function faults(...programs: string[]): string[] {
  const program = ts.createProgram(programs, {
    allowJs: true,
    checkJs: true,
    noEmit: true,
    strict: true,
    // The package's own NullStatsStorage fails it.
    strictFunctionTypes: false,
    // The packages' declarations were written for TypeScript 2; it is the apps that are under test.
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2017,
    lib: ["lib.es2017.d.ts"],
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    types: ["node"],
    typeRoots: [path.join(repository, "node_modules/@types")],
    paths: {
      "realm-object-server": [path.join(packages, "realm-object-server/dist/index.d.ts")],
      "realm-graphql-service": [path.join(packages, "realm-graphql-service/dist/index.d.ts")],
      "realm-object-server-enterprise": [
        path.join(repository, "local/realm/packages/realm-object-server-enterprise/index.d.ts"),
      ],
    },
  });
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) =>
        `${path.basename(file?.fileName ?? "")}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
}

describe("the apps against the real package's declarations", () => {
  test("fit", () => {
    expect(faults(...names.map((name) => path.join(apps, `${name}.js`)))).toEqual([]);
  });

  test("a setting that ROS does not have, or one of the wrong type, is found", () => {
    const directory = mkdtempSync(path.join(tmpdir(), "realm-apps-"));
    try {
      const file = path.join(directory, "wrong.js");
      writeFileSync(
        file,
        `const { BasicServer } = require("realm-object-server");
         const { ReplicatedSyncService } = require("realm-object-server-enterprise");
         new BasicServer().start({ dataPath: "/data", autoKeygen: false });
         new BasicServer().start({ dataPath: 1 });
         new ReplicatedSyncService({ id: "w1" });`,
      );
      expect(faults(file)).toEqual([
        expect.stringContaining("'autoKeygen' does not exist"),
        expect.stringContaining("'number' is not assignable to type 'string'"),
        expect.stringContaining("missing the following properties"),
      ]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe("the apps without their configuration", () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), "realm-apps-"));
    cpSync(apps, directory, { recursive: true });
    const credentials = path.join(directory, "credentials");
    mkdirSync(credentials);
    for (const name of ["auth-key", "auth-pub", "feature-token"]) writeFileSync(path.join(credentials, name), "x");
    writeFileSync(path.join(credentials, "ros-default-password"), "\n");
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  /** Runs an app; its end status, and the line with which it died. */
  function start(name: string, env: NodeJS.ProcessEnv): Promise<{ status: unknown; reason: string }> {
    const all = { NODE_PATH: packages, ...env };
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [path.join(directory, `${name}.js`)],
        { env: all, timeout: 20_000 },
        (error, _, stderr) => {
          const reason = stderr.split("\n").find((line) => line.startsWith("fatal: ")) ?? "";
          resolve({ status: error?.code ?? 0, reason });
        },
      );
    });
  }

  /** Every variable that an app must have. */
  const complete = () => ({
    ROS_LOG_LEVEL: "info",
    ROS_DATA_PATH: directory,
    ROS_ADDRESS: "127.0.0.1",
    ROS_PORT: "9080",
    CONSUL_HOST: "127.0.0.1",
    CONSUL_PORT: "8500",
    CREDENTIALS_DIRECTORY: path.join(directory, "credentials"),
  });

  test.each(names)("%s.js ends with 78 and says which variable is missing", async (name) => {
    const ended = await start(name, {});
    expect(ended).toEqual({ status: 78, reason: "fatal: the environment variable ROS_LOG_LEVEL is not set" });
  });

  test.each(names)("%s.js ends with 78 and says which credential is missing", async (name) => {
    const ended = await start(name, { ROS_LOG_LEVEL: "info", CREDENTIALS_DIRECTORY: "/nowhere" });
    const reason = "fatal: the credential auth-key is missing: there is no /nowhere/auth-key";
    expect(ended).toEqual({ status: 78, reason });
  });

  test("coreServices.js says that GraphQL is asked for and not installed", async () => {
    const bare = path.join(directory, "bare");
    const modules = ["realm-object-server", "realm-object-server-enterprise"];
    mkdirSync(bare);
    for (const name of modules) symlinkSync(path.join(packages, name), path.join(bare, name));
    const ended = await start("coreServices", { ...complete(), GRAPHQL: "true", NODE_PATH: bare });
    expect(ended).toMatchObject({
      status: 78,
      reason: expect.stringContaining("realm-graphql-service is not installed"),
    });
  });

  test("coreServices.js refuses an empty password for the user realm-admin", async () => {
    const ended = await start("coreServices", complete());
    expect(ended).toEqual({ status: 78, reason: "fatal: the credential ros-default-password is empty" });
  });
});
