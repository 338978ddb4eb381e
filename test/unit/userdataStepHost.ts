import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describeUnless } from "../describeUnless";

/** The real files that hosts get. */
export const hostFiles = resolve(__dirname, "../../userdata/files");

/** A `describe` for what calls Linux' own tools, as the boot does. */
export function describeOnLinux(name: string, tests: () => void): void {
  describeUnless(process.platform === "linux" ? undefined : "this machine does not run Linux", name, tests);
}

/** How a command of a boot step ended. */
export interface StepEnd {
  status: number;
  output: string;
  /** What the boot report would say. */
  reason?: string;
}

/** A host's file system below a temporary directory, new for each test: enough of a host for one boot step. */
export class StepHost {
  private root = "";

  constructor() {
    beforeEach(() => {
      this.root = mkdtempSync(join(tmpdir(), "userdata-"));
    });
    afterEach(() => rmSync(this.root, { recursive: true }));
  }

  /** A path of the host, on this machine. */
  path(path = ""): string {
    return join(this.root, path);
  }

  /** Runs a command with the functions of a boot step at hand, in the host's root. */
  run(step: string, command: string, env: Record<string, string> = {}): Promise<StepEnd> {
    const reasonFile = this.path("reason");
    rmSync(reasonFile, { force: true });
    const source = (file: string) => readFileSync(join(hostFiles, file), "utf8");
    const functions = source(`steps/${step}`)
      .replace("source /opt/realm-cluster/lib.sh", `source ${join(hostFiles, "boot/lib.sh")}`)
      .replace("source /opt/realm-cluster/realm.sh", () =>
        source(`realm/${env.REALM_REGISTRY ? "registry" : "artifact"}.sh`),
      )
      .replace(/^main "\$@"\n/m, "")
      .replace(
        /(\/etc\/realm-cluster|\/etc\/systemd|\/opt|\/usr\/local|\/var\/lib|\/run\/realm-cluster)\b/g,
        `${this.root}$1`,
      );
    const options = {
      env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin`, REASON_FILE: reasonFile, ...env },
      cwd: this.root,
    };
    return new Promise((done) => {
      execFile("bash", ["--norc", "-c", `${functions}\n${command}`], options, (error, stdout, stderr) => {
        const reason = existsSync(reasonFile) ? readFileSync(reasonFile, "utf8").trim() : undefined;
        done({ status: error ? Number(error.code) : 0, output: stdout + stderr, reason });
      });
    });
  }
}
