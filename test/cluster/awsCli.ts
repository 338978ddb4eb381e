import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { capture, run, type CommandResult } from "../../local/process";
import { cleanAws } from "../../local/aws/clean";
import type { RunningAws } from "../../local/aws/daemon";
import { machineImage, type AwsOptions } from "../../local/aws/options";
import { startAws } from "../../local/aws/start";
import { ensureTestPackages, ensureTools } from "../../local/tools";

/** A local AWS of a test's own, driven by the AWS CLI: it knows nothing of what is behind the API. */
export class AwsForTests {
  private constructor(
    readonly options: AwsOptions,
    public running: RunningAws,
  ) {}

  /** @param sites what the internet is to hosts: names, each with its files */
  static async start(sites: Record<string, Record<string, string | Buffer>>): Promise<AwsForTests> {
    const { image, moto } = await ensureTools(() => {});
    await ensureTestPackages(() => {});
    const dir = mkdtempSync("/var/tmp/aws-test-");
    const internet: Record<string, string> = {};
    for (const [name, files] of Object.entries(sites)) {
      internet[name] = join(dir, name);
      mkdirSync(internet[name]);
      for (const [file, content] of Object.entries(files)) writeFileSync(join(internet[name], file), content);
    }
    const options = { name: `t${process.pid}`, stateDir: join(dir, "aws"), image, moto, region: "eu-west-1", internet };
    return new AwsForTests(options, await startAws(options));
  }

  /** Runs `aws ARGUMENTS`; returns what it prints, parsed, or undefined where it prints nothing. */
  async cli<T = Record<string, string>>(command: string, ...values: string[]): Promise<T> {
    const settings = ["--endpoint-url", this.running.endpoint, "--region", this.running.region, "--output", "json"];
    const env = { PATH: process.env.PATH, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_PAGER: "" };
    const printed = await run("aws", [...settings, ...command.split(" "), ...values], { env });
    return (printed.trim() ? JSON.parse(printed) : undefined) as T;
  }

  /** The one string that `--query` finds. */
  async get(command: string, query: string, ...values: string[]): Promise<string> {
    return this.cli<string>(command, ...values, "--query", query);
  }

  /** Starts an instance of the one image, with metadata by IMDSv2 only. @returns its id */
  async runInstance(userData: string | Buffer, ...more: string[]): Promise<string> {
    const file = join(this.options.stateDir, "user-data");
    writeFileSync(file, userData);
    const options = ["--image-id", machineImage.id, "--instance-type", "t3.small", "--user-data", `fileb://${file}`];
    const metadata = ["--metadata-options", "HttpTokens=required,InstanceMetadataTags=enabled"];
    return this.get("ec2 run-instances", "Instances[0].InstanceId", ...options, ...metadata, ...more);
  }

  async exec(instanceId: string, script: string): Promise<CommandResult> {
    const body = JSON.stringify({ instanceId, command: ["sh", "-c", script] });
    const response = await fetch(`${this.running.endpoint}/_local/exec`, { method: "POST", body });
    const answer = (await response.json()) as CommandResult & { error?: string };
    if (!response.ok) throw new Error(answer.error);
    return answer;
  }

  /** What a script prints on a host. Fails unless it ends well. */
  async sh(instanceId: string, script: string): Promise<string> {
    const { stdout, stderr, code } = await this.exec(instanceId, script);
    if (code !== 0) throw new Error(`${script}: exit status ${code}: ${stderr}`);
    return stdout.trim();
  }

  /** Waits until the host is on and its user data was carried out. */
  async booted(instanceId: string): Promise<void> {
    await this.settled();
    await this.sh(instanceId, "cloud-init status --wait");
  }

  /** Waits until the machine is what the API says. */
  async settled(): Promise<void> {
    await (await fetch(`${this.running.endpoint}/_local/settled`)).arrayBuffer();
  }

  /** Kills the daemon and starts another. */
  async crashAndRestart(): Promise<void> {
    process.kill(this.running.pid, "SIGKILL");
    this.running = await startAws(this.options);
  }

  /** Ends it as after a crash: the daemon is killed first. @returns what the cleaner found */
  async end(): Promise<string[]> {
    process.kill(this.running.pid, "SIGKILL");
    const removed = await cleanAws(this.options);
    rmSync(dirname(this.options.stateDir), { recursive: true });
    return removed;
  }
}

/** What of this name or directory is on the machine: processes by cgroup, namespaces, mounts, loop devices. */
export async function remains({ name, stateDir }: AwsOptions): Promise<string> {
  const looks = [
    ["find", "/sys/fs/cgroup", "-maxdepth", "2", "-name", name],
    ["sh", "-c", `ip netns list | grep '^${name}-'`],
    ["grep", "-F", ` ${stateDir}/`, "/proc/mounts"],
    ["sh", "-c", `losetup --list --noheadings --output BACK-FILE | grep -F '${stateDir}/'`],
    ["pgrep", "--full", "--list-full", "--", `${stateDir}/`],
  ];
  const found: string[] = [];
  for (const [command, ...args] of looks) found.push((await capture(command, args)).stdout);
  return found.join("");
}

/** Asks again until the answer is right; fails with the last one. For what has no event to wait for. */
export async function eventually<T>(ask: () => Promise<T>, isRight: (answer: T) => boolean, seconds = 30): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`after ${seconds} s still ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
