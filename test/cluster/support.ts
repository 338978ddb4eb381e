import { missingRequirement } from "../../local/tools/requirements";
import { describeUnless } from "../describeUnless";

/** A `describe` of tests that boot hosts, or need the tools that are brought where hosts can be booted. */
export function describeOnHosts(name: string, tests: () => void): void {
  describeUnless(missingRequirement(), name, tests);
}
