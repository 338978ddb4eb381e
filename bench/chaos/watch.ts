/** All that is asked of a cluster while it is broken: a steady client's requests, and writes to a Realm and to Consul. */
import { setTimeout as pause } from "node:timers/promises";
import type { Deployment } from "../../test/cluster/deployment";
import { type Answered, SteadyClient } from "../../test/cluster/steadyClient";
import type { Consul } from "./consul";
import type { ConsulWriter } from "./consulWriter";
import { CONSUL, isSteady } from "./figures";
import type { RealmWriter } from "./realmWriter";

const KINDS = ["health", "login", "directory", "sync", "write", CONSUL];

/** For so long all is answered well before a fault, and has to be after it. */
const STEADY_MS = 3000;
/** How long what was asked last may take before it has failed. */
const LAST_ANSWERS_MS = 3000;

/** The writers of a run: they account for all that was acknowledged since it began. */
export interface Writers {
  consul: ConsulWriter;
  realm: RealmWriter;
}

export class Watch {
  readonly answers: Answered[] = [];
  private client?: SteadyClient;

  constructor(private readonly writers: Writers) {}

  /** @param host whose agent takes the writes to Consul */
  async start({ outputs }: Deployment, consul: Consul, host: string): Promise<void> {
    const onAnswer = (answered: Answered) => void this.answers.push(answered);
    this.client = await SteadyClient.start(outputs.studioUrl, outputs.adminToken, { regardless: true, onAnswer });
    await this.writers.realm.start(onAnswer);
    this.writers.consul.start(consul, host, onAnswer);
  }

  /** Waits until everything has been answered well for a while. @returns whether it has in time */
  async untilSteady(seconds: number): Promise<boolean> {
    for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; await pause(100)) {
      if (isSteady(this.answers, KINDS, Date.now(), STEADY_MS)) return true;
    }
    return false;
  }

  async stop(): Promise<void> {
    await this.client?.stop(LAST_ANSWERS_MS);
    this.writers.realm.stop();
    await this.writers.consul.stop();
  }
}
