import { existsSync, statSync } from "node:fs";
import { open, rm, stat, truncate } from "node:fs/promises";
import { run } from "../process";

/**
 * EBS volumes as sparse image files on loop devices. A volume knows nothing of the host that uses it and outlives it;
 * the loop device is found by its backing file, so nothing has to be remembered over a crash.
 */

const GIB = 2 ** 30;

/**
 * Makes a blank volume; its blocks take no room until they are written. A volume that is there already is kept as it
 * is, with its data.
 * @param size in GiB
 */
export async function createVolume(path: string, size: number): Promise<void> {
  if (existsSync(path)) return;
  const file = await open(path, "wx", 0o600);
  try {
    await file.truncate(size * GIB);
  } finally {
    await file.close();
  }
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
