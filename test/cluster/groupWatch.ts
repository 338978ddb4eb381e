/** Watches a group of sync workers in Consul, as Realm's proxies see it, and remembers every change. */
import type { Deployment } from "./deployment";
import { HostProgram } from "./hostProgram";

/** A worker that passes its checks, by its host, and its part in the group: `master`, `slave` or `spare`. */
export interface Worker {
  host: string;
  role: string;
}

/** The group from one change to the next. */
export interface Sight {
  /** When it began, and how long it lasted, in seconds. */
  at: number;
  seconds: number;
  workers: Worker[];
}

/** Runs on a host; a line whenever the group is another one: the time, and [host, role] of those that pass their checks. */
const watcher = (label: string) => `
import json, time, urllib.request
last = None
while True:
    try:
        with urllib.request.urlopen("http://127.0.0.1:8500/v1/health/service/sync?passing&tag=label=${label}", timeout=2) as response:
            found = json.load(response)
        now = sorted([entry["Node"]["Node"], *(tag[5:] for tag in entry["Service"]["Tags"] if tag.startswith("role="))] for entry in found)
        if now != last:
            print(json.dumps([time.time(), now]), flush=True)
            last = now
    except OSError:
        pass
    time.sleep(0.1)
`;

export class GroupWatch {
  private constructor(
    private readonly cluster: Deployment,
    private readonly program: HostProgram,
  ) {}

  /** @param host which must outlive the watch */
  static async start(cluster: Deployment, host: string, label: string): Promise<GroupWatch> {
    return new GroupWatch(cluster, await HostProgram.start(cluster, host, "group-watch", watcher(label)));
  }

  /** Ends it. @returns all that it has seen, in order */
  async stop(): Promise<Sight[]> {
    const until = Number(await this.cluster.exec(this.program.host, "date +%s.%N"));
    const seen = (await this.program.stop()).map((line) => JSON.parse(line) as [number, [string, string][]]);
    return seen.map(([at, workers], index) => ({
      at,
      seconds: (seen[index + 1]?.[0] ?? until) - at,
      workers: workers.map(([host, role]) => ({ host, role })),
    }));
  }
}

/** The longest time without a master, in seconds. */
export function longestWithoutMaster(sights: Sight[]): number {
  let [longest, current] = [0, 0];
  for (const { workers, seconds } of sights) {
    current = workers.some(({ role }) => role === "master") ? 0 : current + seconds;
    longest = Math.max(longest, current);
  }
  return longest;
}
