/** The table of the random provider. */
import { versionOf } from "../core/version";
import { plain } from "../core/plain";
import type { Package } from "../core/schema";
import { randomBytes, randomId } from "./bytes";
import { randomPassword, randomString } from "./text";

/** What the stand-in of pulumi-resource-random knows. */
export const random: Package = {
  ...plain,
  name: "random",
  version: versionOf("@pulumi/random"),
  resources: {
    "random:index/randomBytes:RandomBytes": randomBytes,
    "random:index/randomId:RandomId": randomId,
    "random:index/randomPassword:RandomPassword": randomPassword,
    "random:index/randomString:RandomString": randomString,
  },
};
