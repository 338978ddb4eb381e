/** Looks for texts in files, directories and processes of this machine and of a cluster's hosts. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { capture } from "../../local/process";
import type { Needle } from "./secretValues";

/** A needle that was found. */
export interface Found {
  needle: Needle;
  /** The kind of place, as it was given. */
  kind: string;
  /** The file below the place. */
  file: string;
}

/** A kind of place: directories, with what to call them. */
export interface Places {
  kind: string;
  directories: string[];
  /** Names of directories and files that are not looked into, for one that is looked into elsewhere. @default none */
  without?: string[];
}

/** Texts that were collected, as files of a directory of their own that nobody else can read. */
export class Collection {
  readonly directory = mkdtempSync(join(tmpdir(), "searched-"));

  /** Adds a text to those of a kind. */
  add(kind: string, name: string, text: string | Buffer): void {
    mkdirSync(join(this.directory, kind), { recursive: true });
    writeFileSync(join(this.directory, kind, name.replaceAll("/", "%")), text, { mode: 0o600 });
  }

  /** A kind for each of what was collected. */
  places(): Places[] {
    return readdirSync(this.directory).map((kind) => ({ kind, directories: [join(this.directory, kind)] }));
  }

  end(): void {
    rmSync(this.directory, { recursive: true });
  }
}

/** What a search of one kind of place gave. */
export interface Searched {
  kind: string;
  files: number;
  bytes: number;
  found: Found[];
}

/** Searches directories for all needles. */
export async function search(needles: Needle[], { kind, directories, without = [] }: Places): Promise<Searched> {
  const own = mkdtempSync(join(tmpdir(), "needles-"));
  const patterns = join(own, "patterns");
  writeFileSync(patterns, Buffer.concat(needles.flatMap(({ bytes }) => [bytes, Buffer.from("\n")])), { mode: 0o600 });
  try {
    const skipped = without.flatMap((name) => [`--exclude-dir=${name}`, `--exclude=${name}`]);
    const options = [
      "--recursive",
      "--devices=skip",
      "--text",
      "--only-matching",
      "--no-messages",
      "--null",
      ...skipped,
    ];
    // What a search is for is not to be seen by who looks at processes: it is in a file.
    const output = await grep([...options, "--fixed-strings", `--file=${patterns}`, "--", ...directories]);
    const found = output.map(({ file, match }): Found => {
      const needle = needles.find(({ bytes }) => bytes.equals(match));
      if (!needle) throw new Error(`grep found what it was not asked for in ${file}`);
      return { needle, kind, file };
    });
    const pruned = without.flatMap((name) => ["-name", name, "-prune", "-o"]);
    // What ends meanwhile makes its exit status 1, and counts for nothing.
    const { stdout } = await capture("find", [...directories, ...pruned, "-type", "f", "-printf", "%s\n"]);
    const each = stdout.split("\n").filter(Boolean).map(Number);
    return { kind, files: each.length, bytes: each.reduce((sum, size) => sum + size, 0), found };
  } finally {
    rmSync(own, { recursive: true });
  }
}

/** Each line of grep's output is FILE NUL MATCH. */
function grep(args: string[]): Promise<{ file: string; match: Buffer }[]> {
  return new Promise((resolve, reject) => {
    const options = { env: { PATH: process.env.PATH, LC_ALL: "C" }, maxBuffer: 2 ** 28, encoding: "buffer" as const };
    execFile("grep", args, options, (error, stdout) => {
      // 1: nothing was found; 2: something could not be read, which ended meanwhile.
      if (error && ![1, 2].includes(Number(error.code))) return reject(error);
      const lines = stdout.toString("latin1").split("\n").filter(Boolean);
      resolve(
        lines.map((line) => {
          const [file, match] = line.split("\0");
          return { file: Buffer.from(file, "latin1").toString(), match: Buffer.from(match, "latin1") };
        }),
      );
    });
  });
}

/** Remembers the environments and command lines of all processes of this machine, its hosts' among them, while something goes on. */
export class ProcessWatch {
  private readonly seen = new Map<string, string>();
  private readonly timer: NodeJS.Timeout;

  constructor() {
    this.look();
    this.timer = setInterval(() => this.look(), 100).unref();
  }

  /** @returns what was seen, by its kind and, after a tab, by process */
  stop(): Map<string, string> {
    clearInterval(this.timer);
    this.look();
    return this.seen;
  }

  private look(): void {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
      try {
        const [command, environment] = ["cmdline", "environ"].map((file) =>
          readFileSync(`/proc/${pid}/${file}`, "latin1"),
        );
        const name = `${pid} ${command.replaceAll("\0", " ").slice(0, 200)}`;
        if (command) this.seen.set(`command lines\t${name}`, command);
        if (environment) this.seen.set(`environments\t${name}`, environment);
      } catch {
        // It ended.
      }
    }
  }
}
