import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attachLoop, detachLoop, deviceNumber } from "./volume";

/** A volume as AttachVolume names it. */
export interface VolumeAttachment {
  /** `vol-...` */
  volumeId: string;
  /** Path of its image file. */
  image: string;
  /** The device name asked for, as `/dev/sdf`. */
  device: string;
}

interface Attached extends VolumeAttachment {
  /** The node that the host sees, as on a Nitro instance: nvme1n1 and up, nvme0n1 being the root volume. */
  node: string;
}

/** Which volumes a host has. Kept in its directory, for the boots to come and for whoever takes the host over. */
export class HostVolumes {
  constructor(private readonly dir: string) {}

  get attached(): Attached[] {
    return existsSync(this.file) ? JSON.parse(readFileSync(this.file, "utf8")) : [];
  }

  /** What hostDevices.sh makes the host's /dev of. */
  get devicesFile(): string {
    return join(this.dir, "devices");
  }

  /** Adds the volume to the list. Adding it again changes nothing; another volume at its device name is refused. */
  async attach(volume: VolumeAttachment): Promise<void> {
    const attached = this.attached;
    const holder = attached.find(({ device }) => device === volume.device);
    if (holder && holder.volumeId !== volume.volumeId) {
      throw new Error(`${volume.volumeId} cannot be attached at ${volume.device}: ${holder.volumeId} is there`);
    }
    if (!attached.some(({ volumeId }) => volumeId === volume.volumeId)) {
      attached.push({ ...volume, node: freeNode(attached) });
    }
    await this.write(attached);
  }

  /** Takes the volume from the list. `whenHidden` runs before its loop device goes: the host must have let go by then. */
  async detach(volumeId: string, whenHidden: () => Promise<void>): Promise<void> {
    const volume = this.attached.find((candidate) => candidate.volumeId === volumeId);
    if (!volume) return;
    await this.write(this.attached.filter((candidate) => candidate !== volume && candidate.volumeId !== volumeId));
    await whenHidden();
    await detachLoop(volume.image);
  }

  /** Gives every volume its loop device, which does not survive the machine, before a boot. */
  async prepare(): Promise<void> {
    await this.write(this.attached);
  }

  async detachAll(): Promise<void> {
    for (const { volumeId } of this.attached) await this.detach(volumeId, async () => {});
  }

  private get file(): string {
    return join(this.dir, "volumes.json");
  }

  private async write(attached: Attached[]): Promise<void> {
    const devices: string[] = [];
    for (const volume of attached) devices.push(await deviceLine(volume));
    writeFileSync(this.devicesFile, devices.join(""));
    writeFileSync(`${this.file}.new`, JSON.stringify(attached, undefined, 2));
    renameSync(`${this.file}.new`, this.file);
  }
}

/** NAME MAJOR MINOR SERIAL DEVICE: see hostDevices.sh. */
async function deviceLine({ node, image, volumeId, device }: Attached): Promise<string> {
  const number = deviceNumber(await attachLoop(image)).split(":");
  return `${[node, ...number, volumeId.replace("-", ""), device.replace("/dev/", "")].join(" ")}\n`;
}

function freeNode(attached: Attached[]): string {
  let number = 1;
  while (attached.some(({ node }) => node === `nvme${number}n1`)) number++;
  return `nvme${number}n1`;
}
