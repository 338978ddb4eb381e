import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { z } from "zod";
import { runCommand } from "../../gates/runCommand";

const TIMEOUT_SECONDS = 60;

/** What a probe printed, and between which times of our clock it did, in seconds since 1970. */
export interface Probed<T> {
  probe: T;
  asked: number;
  answered: number;
}

/**
 * Runs a probe on a host by Systems Manager.
 *
 * @param name of a file in `probes`
 * @throws when the host takes no commands, the probe fails, or its answer is not of the schema
 */
export async function runProbe<T>(
  ssm: SSMClient,
  instanceId: string,
  name: string,
  schema: z.ZodType<T>,
): Promise<Probed<T>> {
  const script = readFileSync(join(__dirname, "../probes", name), "utf8");
  const asked = Date.now() / 1000;
  const printed = await runCommand(ssm, instanceId, script, TIMEOUT_SECONDS);
  return { probe: schema.parse(JSON.parse(printed)), asked, answered: Date.now() / 1000 };
}
