import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { ensureTestPackages } from "../../local/tools";
import { ensureActionlint } from "../../local/tools/actionlint";
import { describeOnHosts } from "../cluster/support";

const repository = resolve(__dirname, "../..");
const read = (path: string) => readFileSync(join(repository, path), "utf8");

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}

interface Job {
  if?: string;
  needs?: string[];
  uses?: string;
  environment?: string;
  permissions?: Record<string, string>;
  steps?: Step[];
}

interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

const workflows = Object.fromEntries(
  readdirSync(join(repository, ".github/workflows")).map((name) => [
    name.replace(".yml", ""),
    parse(read(`.github/workflows/${name}`)) as Workflow,
  ]),
);
const action = parse(read(".github/actions/pulumi/action.yml")) as { runs: { steps: Step[] } };
const jobs = Object.entries(workflows).flatMap(([file, workflow]) =>
  Object.entries(workflow.jobs).map(([name, job]) => ({ at: `${file}/${name}`, workflow, job })),
);
const steps = [...jobs.flatMap(({ job }) => job.steps ?? []), ...action.runs.steps];
const package_ = JSON.parse(read("package.json")) as {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
};

describeOnHosts("actionlint", () => {
  let actionlint: string;
  beforeAll(async () => {
    const report = (line: string) => process.stderr.write(`${line}\n`);
    // It hands the workflows' shell to shellcheck.
    await ensureTestPackages(report);
    actionlint = await ensureActionlint(report);
  }, 10 * 60_000);

  const lint = (file: string, input?: string) => {
    const { status, stdout, stderr } = spawnSync(actionlint, [file], { cwd: repository, input, encoding: "utf8" });
    return { status, output: stdout + stderr };
  };

  test.each(Object.keys(workflows))("has nothing to say about %s", (name) => {
    expect(lint(`.github/workflows/${name}.yml`)).toEqual({ status: 0, output: "" });
  });

  test("is not silent about a mistake, nor about one in the shell", () => {
    const deploy = read(".github/workflows/deploy.yml");
    expect(lint("-", deploy.replace("vars.AWS_DEPLOY_ROLE", "var.AWS_DEPLOY_ROLE")).output).toContain('"var"');
    expect(lint("-", deploy.replace('--stack "$STACK"', "--stack $STACK")).output).toContain("SC2086");
  });
});

test("every action is pinned to a commit, whose release is named", () => {
  const files = [
    ...Object.keys(workflows).map((name) => `.github/workflows/${name}.yml`),
    ".github/actions/pulumi/action.yml",
  ];
  const uses = files.flatMap((file) => read(file).match(/uses: (?!\.\/).*/g) ?? []);
  expect(uses.length).toBeGreaterThan(5);
  expect(uses.filter((line) => !/^uses: [\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
});

test("a job may do what it needs, and no other", () => {
  const allowed = jobs.map(({ at, workflow, job }) => [at, job.permissions ?? workflow.permissions]);
  const contents = "read";
  expect(Object.fromEntries(allowed)).toEqual({
    "audit/audit": { contents },
    "test/test": { contents },
    "preview/preview": { contents, "id-token": "write", "pull-requests": "write" },
    "deploy/test": { contents },
    "deploy/preview": { contents, "id-token": "write" },
    "deploy/up": { contents, "id-token": "write" },
  });
});

test("no credentials for a fork's pull request, and none that change AWS but behind the approval, on main, after the tests", () => {
  const { preview } = workflows.preview.jobs;
  expect(preview.if).toContain("github.event.pull_request.head.repo.full_name == github.repository");
  expect(jobs.flatMap(({ workflow }) => Object.keys(workflow.on))).not.toContain("pull_request_target");
  const changing = jobs.filter(({ job }) => JSON.stringify(job).includes("AWS_DEPLOY_ROLE"));
  expect(changing.map(({ at }) => at)).toEqual(["deploy/up"]);
  expect(workflows.deploy.on.push).toEqual({ branches: ["main"] });
  expect(workflows.deploy.jobs.up).toMatchObject({ environment: "production", needs: ["test", "preview"] });
  expect(workflows.deploy.jobs.preview.if).toContain("github.ref == 'refs/heads/main'");
  expect(workflows.deploy.jobs.test.uses).toBe("./.github/workflows/test.yml");
});

test("what they call is there: npm's scripts and this repository's actions", () => {
  const called = steps.flatMap(({ run = "" }) =>
    [...run.matchAll(/\bnpm (?:run (?:-\S+ )*)?([a-z]+)/g)].map(([, name]) => name),
  );
  expect(new Set(called)).toEqual(new Set(["ci", "audit", "test", "preview", "recover"]));
  expect(called.filter((name) => !["ci", "audit"].includes(name) && !(name in package_.scripts))).toEqual([]);
  const local = jobs
    .flatMap(({ job }) => [job, ...(job.steps ?? [])])
    .flatMap(({ uses }) => (uses?.startsWith("./") ? [uses] : []));
  expect(local.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
});

test("shell is a line at most: more belongs in a script", () => {
  expect(steps.filter(({ run }) => run?.trim().includes("\n"))).toEqual([]);
});

test("the Pulumi CLI is of the SDK's release", () => {
  const cli = action.runs.steps.find(({ uses }) => uses?.startsWith("pulumi/actions@"));
  expect(cli?.with?.["pulumi-version"]).toBe(package_.dependencies["@pulumi/pulumi"]);
});
