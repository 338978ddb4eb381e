/** The AWS of the local cluster: started if it does not run, and reached as any client reaches AWS. */
import { readFileSync } from "node:fs";
import { statePaths } from "../aws/options";
import { runningAws, startAws } from "../aws/start";
import type { RunningAws } from "../aws/daemon";
import type { Failed, Failing } from "../aws/api/failing";
import type { LocalState } from "../aws/api/local";
import type { Tools } from "../tools";
import { mirrorName } from "./overrides";
import { awsDir, localName } from "./paths";
import { belongTo } from "./pulumiState";
import type { Report } from "./report";

const authorityFile = statePaths(awsDir).authority;
const region = "eu-west-1";
/** moto takes any. */
const credentials = { accessKeyId: "local", secretAccessKey: "local" };

/** Starts the local AWS, or finds the one that runs; Pulumi's state is of that one afterwards. */
export async function startLocalAws(
  tools: Pick<Tools, "image" | "moto" | "mirror">,
  report: Report,
): Promise<LocalAws> {
  const options = {
    name: localName,
    stateDir: awsDir,
    image: tools.image,
    moto: tools.moto,
    region,
    internet: { [mirrorName]: tools.mirror.dir },
  };
  const running = await startAws(options);
  report(`local AWS at ${running.endpoint}`);
  await belongTo(running.cloud, report);
  return new LocalAws(running);
}

/**
 * The local AWS that runs.
 *
 * @throws When none does.
 */
export async function findLocalAws(): Promise<LocalAws> {
  const running = await runningAws(awsDir);
  if (!running) throw new Error("The local cluster does not run. Start it with: npm start");
  return new LocalAws(running);
}

export class LocalAws {
  constructor(private readonly running: RunningAws) {}

  /** With these variables any client of AWS, and a plain `pulumi`, uses this AWS. */
  get environment(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL: this.running.endpoint,
      AWS_REGION: this.running.region,
      AWS_DEFAULT_REGION: this.running.region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      // What waits for the load balancer asks it by HTTPS where it has a certificate.
      NODE_EXTRA_CA_CERTS: authorityFile,
    };
  }

  /** What a client of the load balancers is to trust, as PEM. */
  get authority(): string {
    return readFileSync(authorityFile, "utf8");
  }

  /** The same for a client of the AWS SDK. */
  get client() {
    return { endpoint: this.running.endpoint, region: this.running.region, credentials };
  }

  state(): Promise<LocalState> {
    return this.ask("GET", "state");
  }

  /** Resolves when the machine is what the API says. */
  async settled(): Promise<void> {
    await this.ask("GET", "settled");
  }

  /** Brings a port of a host's own loopback to this machine, and returns its URL: what an SSM port-forwarding session does. */
  async forward(instanceId: string, port: number): Promise<string> {
    return (await this.ask<{ url: string }>("POST", "forward", { instanceId, port })).url;
  }

  /** Runs a command as root on a host: what an SSM session does. */
  exec(instanceId: string, command: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
    return this.ask("POST", "exec", { instanceId, command });
  }

  /** Has a host's clock be ahead of AWS's by so many seconds. */
  async setClock(instanceId: string, secondsAhead: number): Promise<void> {
    await this.ask("POST", "clock", { instanceId, secondsAhead });
  }

  /** Has calls of the AWS API fail from now on; none any more with an empty list. @returns how many have failed until now */
  fail(rules: Failing[]): Promise<Failed> {
    return this.ask("POST", "failing", rules);
  }

  private async ask<T>(method: string, what: string, body?: unknown): Promise<T> {
    const url = `${this.running.endpoint}/_local/${what}`;
    const response = await fetch(url, { method, body: body === undefined ? undefined : JSON.stringify(body) });
    const answer = (await response.json()) as T & { error?: string };
    if (!response.ok) throw new Error(`the local AWS refused ${what}: ${answer.error}`);
    return answer;
  }
}
