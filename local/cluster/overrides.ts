/** What differs between the local cluster's configuration and `Pulumi.dev.yaml`: where things are downloaded from. */
import * as path from "node:path";
import { machineImage } from "../aws/options";
import type { Tools } from "../tools";
import type { StackConfig } from "./engine";

/** The name at which hosts find the downloads that this machine holds. */
export const mirrorName = "mirror.internet.test";

/**
 * The configuration of the local cluster: that of `Pulumi.dev.yaml`, with the machine image and the digests of what was
 * built here, and with an artifact of the Realm packages in which stand-ins take the place of the licensed ones.
 */
export function localConfig(dev: StackConfig, tools: Tools): StackConfig {
  const objectAt = (key: string) => dev[key] as Record<string, unknown> | undefined;
  return {
    ...dev,
    "realm-cluster:image": { name: machineImage.name, owner: machineImage.owner },
    "realm-cluster:consul": { ...objectAt("realm-cluster:consul"), ...release(tools.consul) },
    "realm-cluster:node": { ...objectAt("realm-cluster:node"), ...release(tools.node) },
    "realm-cluster:realm": { artifact: mirrored(tools.realm.archive) },
    // The stand-in of the Enterprise package checks no token; the program does not know that, and wants one.
    "realm-cluster:featureToken": "stand-in",
  };
}

interface Archive {
  path: string;
  sha256: string;
}

function release({ version, archive }: { version: string; archive: Archive }) {
  return { version, ...mirrored(archive) };
}

/** A file of the mirror directory, as hosts reach it. */
function mirrored(archive: Archive) {
  return { url: `http://${mirrorName}/${path.basename(archive.path)}`, sha256: archive.sha256 };
}
