/** The PATH on which the engine finds itself and its plugins. */
import * as path from "node:path";
import { standIns } from "../plugins/path";
import type { Tools } from "../tools";

/** This machine's PATH, before it the pinned `pulumi` and stand-ins for the plugins that are not installed here. */
export async function enginePath({ pulumi }: Pick<Tools, "pulumi">): Promise<string> {
  return [path.dirname(pulumi), await standIns(), process.env.PATH].join(path.delimiter);
}
