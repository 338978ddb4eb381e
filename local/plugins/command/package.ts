/** The table of the command provider. */
import { versionOf } from "../core/version";
import { plain } from "../core/plain";
import type { Package } from "../core/schema";
import { command as local } from "./local";

/** What the stand-in of pulumi-resource-command knows. */
export const command: Package = {
  ...plain,
  name: "command",
  version: versionOf("@pulumi/command"),
  resources: { "command:local:Command": local },
};
