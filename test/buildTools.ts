import { ensureTestPackages, ensureTools } from "../local/tools";
import { missingRequirement } from "../local/tools/requirements";

/**
 * Jest's global setup: what tests need is built before the first of them, with its progress shown. On a new machine it takes minutes, which
 * no test's time limit allows for, and two files that run at once would wait for each other.
 */
export default async function buildTools(): Promise<void> {
  if (missingRequirement()) return;
  const report = (line: string) => process.stderr.write(`${line}\n`);
  await ensureTestPackages(report);
  await ensureTools(report);
}
