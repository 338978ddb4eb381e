/** A Python program that runs on a host for the length of a test. */
import type { Deployment } from "./deployment";

export class HostProgram {
  private constructor(
    private readonly cluster: Deployment,
    readonly host: string,
    private readonly unit: string,
  ) {}

  /**
   * @param host which must outlive the program
   * @param unit what it is called on the host, where one of a name can run at a time
   */
  static async start(cluster: Deployment, host: string, unit: string, program: string): Promise<HostProgram> {
    const log = logOf(unit);
    const script = `rm -f ${log} && systemd-run --quiet --unit ${unit} --property StandardOutput=file:${log} /usr/bin/python3 -c "$PROGRAM"`;
    await cluster.exec(host, `PROGRAM=$(cat <<'PYTHON'\n${program}\nPYTHON\n)\n${script}`);
    return new HostProgram(cluster, host, unit);
  }

  /** Ends it. @returns the lines that it has printed */
  async stop(): Promise<string[]> {
    await this.cluster.exec(this.host, `systemctl stop ${this.unit}`);
    return (await this.cluster.exec(this.host, `cat ${logOf(this.unit)}`)).split("\n");
  }
}

const logOf = (unit: string) => `/run/${unit}.log`;
