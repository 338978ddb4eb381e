import { existsSync, statSync } from "node:fs";
import { open, rename, rm, stat, truncate } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { run } from "../process";

/**
 * EBS volumes as sparse image files on loop devices, and snapshots as copies of them. A volume knows nothing of the host that
 * uses it and outlives it; the loop device is found by its backing file, so nothing has to be remembered over a crash.
 */

const GIB = 2 ** 30;

/**
 * Makes a volume, blank or of a snapshot; blocks take no room until they are written. A volume that is there already is
 * kept as it is, with its data.
 * @param size in GiB
 * @param snapshot the snapshot's image. Fails where it is larger than the volume: EBS refuses that, too.
 */
export async function createVolume(path: string, size: number, snapshot?: string): Promise<void> {
  if (existsSync(path)) return;
  if (snapshot) return createFromSnapshot(path, size, snapshot);
  const file = await open(path, "wx", 0o600);
  try {
    await file.truncate(size * GIB);
  } finally {
    await file.close();
  }
}

async function createFromSnapshot(path: string, size: number, snapshot: string): Promise<void> {
  const least = (await stat(snapshot)).size / GIB;
  if (size < least) throw new Error(`${path} would have ${size} GiB, and its snapshot ${snapshot} has ${least}`);
  await copyImage(snapshot, path);
  await truncate(path, size * GIB);
}

/** Copies an image; the copy is there as a whole or not at all. What writes to the image must be still meanwhile. */
export async function copyImage(from: string, to: string): Promise<void> {
  const draft = join(dirname(to), `.${basename(to)}`);
  await run("cp", ["--reflink=auto", "--sparse=always", "--", from, draft]);
  await rename(draft, to);
}

/**
 * Grows a volume, attached or not; the file system on it is the host's to grow.
 * @param size in GiB. Fails where that is less than the volume has: EBS cannot shrink one either.
 */
export async function resizeVolume(path: string, size: number): Promise<void> {
  const before = (await stat(path)).size;
  if (size * GIB < before) throw new Error(`${path} has ${before / GIB} GiB and cannot shrink to ${size} GiB`);
  await truncate(path, size * GIB);
  const device = await loopDevice(path);
  if (device) await run("losetup", ["--set-capacity", device]);
}

/** Detaches the volume and deletes it with its data. One that does not exist is fine. */
export async function deleteVolume(path: string): Promise<void> {
  await detachLoop(path);
  await rm(path, { force: true });
}

/** The loop device that shows this image (as `/dev/loop3`), if there is one. */
export async function loopDevice(path: string): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  const devices = await run("losetup", ["--associated", path, "--noheadings", "--output", "NAME"]);
  return devices.trim().split("\n")[0] || undefined;
}

/** Gives the image a loop device, or finds the one that it has, and returns its name. */
export async function attachLoop(path: string): Promise<string> {
  // --nooverlap: two loop devices on one file would each have a cache of their own, and destroy the file system.
  return (await run("losetup", ["--find", "--show", "--nooverlap", path])).trim();
}

/** Takes the loop device from the image. One that has none is fine. */
export async function detachLoop(path: string): Promise<void> {
  const device = await loopDevice(path);
  if (device) await run("losetup", ["--detach", device]);
}

/** A device's MAJOR:MINOR, as in /proc/self/mountinfo. */
export function deviceNumber(device: string): string {
  const { rdev } = statSync(device);
  return `${(rdev >> 8) & 0xfff}:${(rdev & 0xff) | ((rdev >> 12) & 0xfff00)}`;
}
