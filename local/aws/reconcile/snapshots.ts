import { existsSync, mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Snapshots as SnapshotsView } from "../api/gap";
import type { Host } from "../host";
import { copyImage } from "../volume";

/** What of the machine a snapshot has to do with. */
interface Volumes {
  /** Resolves when nothing is being done, or waiting to be. */
  settled(): Promise<void>;
  volumeFile(volumeId: string): string;
  /** The host that the volume is attached to. */
  holderOf(volumeId: string): Host | undefined;
}

/** EBS snapshots, of all regions, as copies of volumes' images. */
export class Snapshots implements SnapshotsView {
  constructor(
    private readonly directory: string,
    private readonly volumes: Volumes,
  ) {
    mkdirSync(directory, { recursive: true });
  }

  file(snapshotId: string): string {
    return join(this.directory, `${snapshotId}.img`);
  }

  async take(volumeId: string, snapshotId: string): Promise<void> {
    const image = this.volumes.volumeFile(volumeId);
    // To moto a volume is there at once.
    if (!existsSync(image)) await this.volumes.settled();
    const copy = () => copyImage(image, this.file(snapshotId));
    const holder = this.volumes.holderOf(volumeId);
    await (holder ? holder.whileStill(volumeId, copy) : copy());
  }

  copy(snapshotId: string, copyId: string): Promise<void> {
    return copyImage(this.file(snapshotId), this.file(copyId));
  }

  async delete(snapshotId: string): Promise<void> {
    // A volume that was made of it may still be waiting for its image.
    await this.volumes.settled();
    await rm(this.file(snapshotId), { force: true });
  }
}
