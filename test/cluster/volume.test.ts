import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attachLoop, copyImage, createVolume, deleteVolume, loopDevice, resizeVolume } from "../../local/aws/volume";
import { describeOnHosts } from "./support";

describeOnHosts("a volume", () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync("/var/tmp/volume-test-")));
  afterEach(() => rmSync(dir, { recursive: true }));

  it("takes no room until it is written to, and keeps its data when it is made again", async () => {
    const path = join(dir, "vol.img");
    await createVolume(path, 100);
    expect(statSync(path)).toMatchObject({ size: 100 * 2 ** 30, blocks: 0 });
    writeFileSync(path, "data", { flag: "r+" });
    await createVolume(path, 100);
    expect(execFileSync("head", ["-c", "4", path], { encoding: "utf8" })).toBe("data");
  });

  it("has one loop device however often it is attached, and none once deleted", async () => {
    const path = join(dir, "vol.img");
    await createVolume(path, 1);
    const device = await attachLoop(path);
    expect(await attachLoop(path)).toBe(device);
    expect(await loopDevice(path)).toBe(device);
    await deleteVolume(path);
    expect(
      execFileSync("losetup", ["--list", "--noheadings", "--output", "BACK-FILE"], { encoding: "utf8" }),
    ).not.toContain(dir);
  });

  it("is made of a snapshot, as large as asked for, and changes apart from it", async () => {
    const [path, snapshot, restored] = ["vol.img", "snap.img", "restored.img"].map((name) => join(dir, name));
    await createVolume(path, 2);
    writeFileSync(path, "data", { flag: "r+" });
    await copyImage(path, snapshot);
    writeFileSync(path, "late", { flag: "r+" });
    await createVolume(restored, 3, snapshot);
    expect(execFileSync("head", ["-c", "4", restored], { encoding: "utf8" })).toBe("data");
    expect(statSync(restored).size).toBe(3 * 2 ** 30);
    expect(statSync(restored).blocks).toBeLessThan(100);
    const small = createVolume(join(dir, "small.img"), 1, snapshot);
    await expect(small).rejects.toThrow("would have 1 GiB, and its snapshot");
  });

  it("grows while it is attached, and does not shrink", async () => {
    const path = join(dir, "vol.img");
    await createVolume(path, 1);
    const device = await attachLoop(path);
    await resizeVolume(path, 2);
    expect(execFileSync("blockdev", ["--getsize64", device], { encoding: "utf8" }).trim()).toBe(String(2 * 2 ** 30));
    await expect(resizeVolume(path, 1)).rejects.toThrow("has 2 GiB and cannot shrink to 1 GiB");
    await deleteVolume(path);
  });
});
