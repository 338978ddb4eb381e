import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { buildArtifact } from "../realm/artifact";
import { cacheDir, type Report } from "./cache";
import { consulVersion, ensureConsul } from "./consul";
import { ensureDebianPackages } from "./debian";
import { ensureImage } from "./image";
import { withLock } from "./lock";
import { mirrorDir, publish, type Download } from "./mirror";
import { ensureMoto } from "./moto";
import { ensureHostNode, hostNodeVersion } from "./nodejs";
import { ensurePulumi } from "./pulumi";
import { missingRequirement } from "./requirements";

export { ensureChromium, ensureTestPackages } from "./debian";

/** What the local cluster is made of that no package manager brings ready for use. */
export interface Tools {
  /** The Pulumi CLI. */
  pulumi: string;
  /** Consul's binary, for this machine. */
  consul: string;
  /** moto's server. */
  moto: string;
  /** The hosts' root filesystem, a directory. */
  image: string;
  /** Path of the Realm packages, unpacked: for tests. */
  realm: string;
  /** What hosts download. */
  mirror: { dir: string; consul: Download; node: Download; realm: Download };
}

/**
 * Brings everything that the local cluster needs: installs Debian packages that are missing, builds the rest once into
 * the cache. Cold it takes about ten minutes on two cores, warm a fraction of a second. Concurrent callers wait for each other.
 * Fails where this machine cannot run the cluster, or with what could not be made and why; what was made is kept.
 * @param report is told what is done, how far it is, and how long it took
 */
export async function ensureTools(report: Report): Promise<Tools> {
  const missing = missingRequirement();
  if (missing) throw new Error(missing);
  await mkdir(cacheDir, { recursive: true });
  const wait = () => report(`waiting for another process that is filling ${cacheDir}`);
  return withLock(join(cacheDir, "lock"), wait, () => fill(report));
}

async function fill(report: Report): Promise<Tools> {
  await ensureDebianPackages(report);
  // The compiler keeps both cores busy by itself; the others mostly wait for the network and the disk.
  const [compiled, fetched] = await allOrAllFaults([compile(report), fetchOthers(report)] as const);
  const { pulumi, consul } = compiled;
  const { moto, image, node, realm } = fetched;
  const mirror = {
    dir: mirrorDir,
    consul: await publish(consul.archive, consulVersion),
    node: await publish(node, hostNodeVersion),
    realm: await publish(realm.path, basename(realm.directory)),
  };
  return { pulumi, consul: consul.binary, moto, image, realm: realm.directory, mirror };
}

async function compile(report: Report) {
  return { pulumi: await ensurePulumi(report), consul: await ensureConsul(report) };
}

async function fetchOthers(report: Report) {
  const moto = await ensureMoto(report);
  const image = await ensureImage(report);
  const node = await ensureHostNode(report);
  const realm = await buildArtifact({ cacheDir, report: (line) => report(`realm: ${line}`) });
  return { moto, image, node, realm };
}

/** Lets all of them end, so that nothing works on in the background, and what could be made is there the next time. */
async function allOrAllFaults<A, B>(work: readonly [Promise<A>, Promise<B>]): Promise<[A, B]> {
  const results = await Promise.allSettled(work);
  const faults = results.flatMap((result) => (result.status === "rejected" ? [(result.reason as Error).message] : []));
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return Promise.all(work);
}
