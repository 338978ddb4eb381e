/** What differs between the local cluster's configuration and the stack's own: where things are downloaded from. */
import { machineImage } from "../aws/options";
import type { Tools } from "../tools";
import type { Download } from "../tools/mirror";
import type { LocalAccount } from "./account";
import type { StackConfig } from "./engine";

/** The name at which hosts find the downloads that this machine holds. */
export const mirrorName = "mirror.internet.test";

/**
 * The largest data volume on this machine, in GiB. Volumes are in memory, and a file system writes as much into a large one as a
 * journal takes, which is a gigabyte from 64 GiB on: a production cluster would need twenty.
 */
const LARGEST_VOLUME_GIB = 20;

/**
 * The configuration of the local cluster: the committed one, with the machine image and the digests of what was built
 * here, and with an artifact of the Realm packages in which stand-ins take the place of the licensed ones.
 *
 * @param account what the committed one names and the local account has under other ids
 */
export function localConfig(
  committed: StackConfig,
  { mirror }: Pick<Tools, "mirror">,
  account: LocalAccount = {},
): StackConfig {
  const objectAt = (key: string) => committed[key] as Record<string, unknown> | undefined;
  const groups = committed["realm-cluster:syncWorkerGroups"] as Record<string, unknown>[] | undefined;
  return {
    ...committed,
    "realm-cluster:image": { name: machineImage.name, owner: machineImage.owner },
    "realm-cluster:consul": { ...small(objectAt("realm-cluster:consul")), ...release(mirror.consul) },
    ...(groups && { "realm-cluster:syncWorkerGroups": groups.map(small) }),
    "realm-cluster:node": { ...objectAt("realm-cluster:node"), ...release(mirror.node) },
    "realm-cluster:realm": { artifact: mirrored(mirror.realm) },
    // The stand-in of the Enterprise package checks no token; the program does not know that, and wants one.
    "realm-cluster:featureToken": "stand-in",
    // The load balancer answers on this machine's loopback, to nobody else.
    "realm-cluster:loadBalancer": {
      ...objectAt("realm-cluster:loadBalancer"),
      allowedCidrs: ["0.0.0.0/0"],
      ...account.loadBalancer,
    },
    ...(account.dns && { "realm-cluster:dns": { ...objectAt("realm-cluster:dns"), ...account.dns } }),
    // The AWS of this machine has no AWS Backup: moto knows its vaults and plans, not what they are for. Snapshots it has.
    "realm-cluster:backup": {},
  };
}

/** With a data volume of this machine's, where the size of one is given. */
function small(settings: Record<string, unknown> = {}): Record<string, unknown> {
  const { volumeGiB } = settings;
  return typeof volumeGiB === "number" ? { ...settings, volumeGiB: Math.min(volumeGiB, LARGEST_VOLUME_GIB) } : settings;
}

function release(download: Download) {
  return { version: download.version, ...mirrored(download) };
}

/** A file of the mirror directory, as hosts reach it. */
function mirrored({ file, sha256 }: Download) {
  return { url: `http://${mirrorName}/${file}`, sha256 };
}
