/** A client of Consul that never rests: it writes to its key-value store through the agent of one host, as Realm's services do. */
import type { Deployment } from "./deployment";
import { HostProgram } from "./hostProgram";

/** Runs on the host; a line for each write that was acknowledged, in seconds since the epoch, and the number that it wrote. */
const WRITER = `
import json, time, urllib.request
number = 0
while True:
    try:
        request = urllib.request.Request("http://127.0.0.1:8500/v1/kv/steady", data=str(number).encode(), method="PUT")
        with urllib.request.urlopen(request, timeout=2) as response:
            if response.read().strip() == b"true":
                print(time.time(), number, flush=True)
                number += 1
    except OSError:
        pass
    time.sleep(0.02)
`;

/** What a steady writer has seen. */
export interface Written {
  /** Writes that Consul acknowledged. */
  acknowledged: number;
  /** The longest time between two of them, in seconds, and when it began, in seconds since the epoch. */
  longestGap: { seconds: number; at: number };
}

export class SteadyWriter {
  private constructor(
    private readonly cluster: Deployment,
    private readonly program: HostProgram,
  ) {}

  /** @param host which must outlive the writer, and whose token may write: one with a sync worker */
  static async start(cluster: Deployment, host: string): Promise<SteadyWriter> {
    return new SteadyWriter(cluster, await HostProgram.start(cluster, host, "steady-writer", WRITER));
  }

  /** @throws when Consul has lost what it acknowledged last */
  async stop(): Promise<Written> {
    const lines = (await this.program.stop()).map((line) => line.split(" ").map(Number));
    const [, last] = lines[lines.length - 1];
    const kept = Number(await this.cluster.exec(this.program.host, "curl -fsS http://127.0.0.1:8500/v1/kv/steady?raw"));
    // A write that was cut off may have been done all the same.
    if (kept < last) throw new Error(`Consul acknowledged ${last}, and holds ${kept}`);
    const gaps = lines.slice(1).map(([at], index) => ({ seconds: at - lines[index][0], at: lines[index][0] }));
    const longestGap = gaps.reduce((longest, gap) => (gap.seconds > longest.seconds ? gap : longest));
    return { acknowledged: lines.length, longestGap };
  }
}
