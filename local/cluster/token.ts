/** `npm run token` */
import { openCluster } from "./openCluster";

/** The admin token, which is a secret output of the stack. */
export async function token(): Promise<string> {
  return (await openCluster()).outputs.adminToken;
}
