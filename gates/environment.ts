/**
 * A variable of the environment that a gate cannot do without.
 *
 * @throws when it is not set
 */
export function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set`);
  return value;
}

/** Runs a gate: what it throws becomes the reason on standard error, and the exit status 1. */
export function run(gate: () => Promise<void>): void {
  // The AWS SDK's notice about coming releases of Node would bury the host's reason.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  gate().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
