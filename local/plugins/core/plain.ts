/** A provider that talks to no service. */
import type { Package } from "./schema";

/** What a package needs besides its tables where there is no configuration and no service. */
export const plain: Pick<Package, "config" | "invokes" | "context" | "isGone" | "explain"> = {
  config: {},
  invokes: {},
  context: () => (operation) => operation,
  isGone: () => false,
  explain: (error) => (error instanceof Error ? error.message : String(error)),
};
