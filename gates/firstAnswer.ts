import { wasDenied } from "./awsErrors";

/**
 * What the first of some hosts answers that can be asked; undefined where none can.
 *
 * @param missed gets each that could not, and why
 * @throws when AWS lets nobody ask: no other host would answer then
 */
export async function firstAnswer<Host extends { name: string }, Answer>(
  hosts: Host[],
  ask: (host: Host) => Promise<Answer>,
  missed: (name: string, reason: string) => void,
): Promise<Answer | undefined> {
  for (const host of hosts) {
    try {
      return await ask(host);
    } catch (error) {
      if (wasDenied(error)) throw error;
      missed(host.name, (error as Error).message);
    }
  }
  return undefined;
}
