import { missingRequirement } from "../../local/tools/requirements";

/** A `describe` of tests that boot hosts. Where this machine cannot run any they are skipped, and the name says why. */
export function describeOnHosts(name: string, tests: () => void): void {
  const missing = missingRequirement();
  if (missing) describe.skip(`${name} (skipped: ${missing})`, tests);
  else describe(name, tests);
}
