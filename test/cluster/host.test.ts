import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { cgroup2Root, createCgroup, isPopulated, killCgroup, processesIn, removeCgroup } from "../../local/aws/cgroup";
import { Host, type HostExit, type HostSpec } from "../../local/aws/host";
import { createVolume, deleteVolume, loopDevice } from "../../local/aws/volume";
import { ensureTools } from "../../local/tools";
import { describeOnHosts } from "./support";

jest.setTimeout(60_000);

const name = `hosttest-${process.pid}`;
const byId = "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123";

describeOnHosts("a host", () => {
  let dir: string;
  let image: string;
  let cgroup: string;
  let hosts: Host[] = [];

  const specOf = (id: string, extra: Partial<HostSpec> = {}): HostSpec => ({
    id,
    dir: join(dir, id),
    image,
    netns: name,
    cgroup,
    ...extra,
  });

  /** A host without cloud-init, which would look for its metadata. */
  const newHost = (extra: Partial<HostSpec> = {}): Host => {
    const spec = specOf(`i-${hosts.length}`, extra);
    mkdirSync(join(spec.dir, "upper/etc/cloud"), { recursive: true });
    writeFileSync(join(spec.dir, "upper/etc/cloud/cloud-init.disabled"), "");
    const host = new Host(spec);
    hosts.push(host);
    return host;
  };

  const sh = async (host: Host, script: string): Promise<string> => {
    const { stdout, stderr, code } = await host.exec(["sh", "-ec", script]);
    if (code !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout.trim();
  };

  const exitOf = (host: Host) => new Promise<HostExit>((resolve) => host.onExit(resolve));

  beforeAll(async () => {
    image = (await ensureTools(console.error)).image;
    dir = mkdtempSync("/var/tmp/host-test-");
    cgroup = join(cgroup2Root(), name);
    createCgroup(cgroup);
    for (const args of [
      ["netns", "add", name],
      ["-n", name, "link", "add", "eth0", "type", "veth", "peer", "name", "peer0"],
      ["-n", name, "address", "add", "10.99.0.5/24", "dev", "eth0"],
      ["-n", name, "link", "set", "eth0", "up"],
      ["-n", name, "link", "set", "lo", "up"],
    ])
      execFileSync("ip", args);
  }, 900_000);

  afterEach(async () => {
    for (const host of hosts) await host.remove();
    hosts = [];
  });

  afterAll(async () => {
    await killCgroup(cgroup);
    removeCgroup(cgroup);
    execFileSync("ip", ["netns", "delete", name]);
    rmSync(dir, { recursive: true });
  });

  it("boots systemd on its own address, with what marks it as an EC2 instance, and all units well", async () => {
    const host = newHost();
    await host.boot();
    await host.untilUp();
    expect(await sh(host, "systemctl is-system-running")).toBe("running");
    expect(await sh(host, "hostname")).toBe(host.spec.id);
    expect(await sh(host, "ip -4 -o address show dev eth0")).toContain("10.99.0.5/24");
    expect(await sh(host, "cat /sys/hypervisor/uuid")).toMatch(/^ec2/);
    expect(await sh(host, "cat /etc/machine-id")).toMatch(/^[0-9a-f]{32}$/);
    expect(readFileSync(host.consoleLog, "utf8")).toContain("Reached target");
    expect(statSync(join(image, "etc/machine-id")).size).toBe(0);
  });

  it("tells what a command printed and how it ended, and ends one that takes too long", async () => {
    const host = newHost();
    await host.boot();
    expect(await host.exec(["sh", "-c", "echo out; echo err >&2; exit 3"])).toEqual({
      stdout: "out\n",
      stderr: "err\n",
      code: 3,
    });
    await expect(host.exec(["sleep", "60"], 0.2)).rejects.toThrow("killed after 0.2 s");
  });

  it("boots again by itself when it reboots, with its root and its volumes", async () => {
    const host = newHost();
    const volume = join(dir, "reboot.img");
    await createVolume(volume, 1);
    await host.attach({ volumeId: "vol-0123", image: volume, device: "/dev/sdf" });
    await host.boot();
    await host.untilUp();
    await sh(host, `mkfs.ext4 -q ${byId}; mount ${byId} /mnt; echo kept | tee /mnt/file /root/file; umount /mnt`);
    let exits = 0;
    host.onExit(() => exits++);
    await sh(host, "systemctl --no-block reboot");
    await host.untilUp(2);
    expect(await sh(host, `mount /dev/sdf /mnt; cat /mnt/file /root/file; umount /mnt`)).toBe("kept\nkept");
    expect(exits).toBe(0);
    await host.remove();
    await deleteVolume(volume);
  });

  it("keeps its root over a power off, and says that it was one", async () => {
    const host = newHost();
    await host.boot();
    await host.untilUp();
    await sh(host, "echo kept > /root/file; sync");
    const exit = exitOf(host);
    await host.poweroff();
    expect(await exit).toMatchObject({ reason: "poweroff" });
    expect(host.running).toBe(false);
    await host.boot();
    expect(await sh(host, "cat /root/file")).toBe("kept");
  });

  it("tells a kill from a power off, also of a host that hangs", async () => {
    const host = newHost();
    await host.boot();
    await host.untilUp();
    host.freeze();
    const exit = exitOf(host);
    await host.poweroff(0.5);
    expect(await exit).toMatchObject({ reason: "kill" });
    expect(host.pid).toBeUndefined();
  });

  it("leaves no host behind when nspawn is killed, and says that this was a crash", async () => {
    const host = newHost();
    await host.boot();
    await host.untilUp();
    const exit = exitOf(host);
    process.kill(processesIn(join(cgroup, host.spec.id, "boot/supervisor"))[0], "SIGKILL");
    expect(await exit).toEqual({ reason: "crash", detail: "systemd-nspawn ended with status -9" });
    expect(host.running).toBe(false);
  });

  it("can be ended by whoever knows only the control group", async () => {
    const host = newHost();
    await host.boot();
    const exit = exitOf(host);
    await killCgroup(cgroup);
    expect(await exit).toMatchObject({ reason: "kill" });
    expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(dir);
  });

  it("says why it did not boot", async () => {
    const host = newHost({ netns: "there-is-none" });
    await expect(host.boot()).rejects.toThrow(/i-0 did not boot: systemd-nspawn ended with status 1[^]*there-is-none/);
    expect(host.running).toBe(false);
  });

  it("shows a volume as soon as it is attached, hides it once detached, and keeps it for the next host", async () => {
    const [first, second] = [newHost(), newHost()];
    const volume = join(dir, "moves.img");
    await createVolume(volume, 1);
    const attachment = { volumeId: "vol-0123", image: volume, device: "/dev/sdf" };
    await first.boot();
    await first.attach(attachment);
    await first.attach(attachment);
    expect(await sh(first, `readlink -f ${byId} /dev/sdf`)).toBe("/dev/nvme1n1\n/dev/nvme1n1");
    await sh(first, `mkfs.ext4 -q -L data ${byId}; mount ${byId} /mnt; echo kept > /mnt/file`);
    await expect(first.detach("vol-0123")).rejects.toThrow("vol-0123 is busy: i-0 has it mounted on /mnt");
    await sh(first, "umount /mnt");
    await first.detach("vol-0123");
    expect(await sh(first, "find /dev -name 'nvme*' -o -name sdf")).toBe("");
    expect(await loopDevice(volume)).toBeUndefined();

    await second.boot();
    await second.attach(attachment);
    expect(await sh(second, `blkid -o value -s LABEL ${byId}; mount ${byId} /mnt; cat /mnt/file`)).toBe("data\nkept");
    await second.remove();
    await deleteVolume(volume);
  });

  it("has a place for each of its volumes and refuses a second one at the same device name", async () => {
    const host = newHost();
    const [data, logs] = [join(dir, "data.img"), join(dir, "logs.img")];
    await createVolume(data, 1);
    await createVolume(logs, 2);
    await host.attach({ volumeId: "vol-0a", image: data, device: "/dev/sdf" });
    await host.attach({ volumeId: "vol-0b", image: logs, device: "/dev/sdg" });
    await expect(host.attach({ volumeId: "vol-0c", image: logs, device: "/dev/sdf" })).rejects.toThrow(
      "vol-0c cannot be attached at /dev/sdf: vol-0a is there",
    );
    await host.boot();
    expect(await sh(host, "blockdev --getsize64 /dev/nvme1n1 /dev/sdg")).toBe(`${2 ** 30}\n${2 ** 31}`);
    await host.remove();
    await deleteVolume(data);
    await deleteVolume(logs);
  });

  it("trusts the given authority where curl, Go and Python look", async () => {
    const key = ["-newkey", "rsa:2048", "-nodes", "-keyout", "/dev/null", "-subj", "/CN=Test authority"];
    const pem = execFileSync("openssl", ["req", "-x509", ...key], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const host = newHost({ trust: pem });
    await host.boot();
    const ca = "/usr/local/share/ca-certificates/aws-on-one-machine.crt";
    expect(await sh(host, `openssl verify -no-CApath -CAfile /etc/ssl/certs/ca-certificates.crt ${ca}`)).toContain(
      "OK",
    );
    expect(await sh(host, `openssl verify -no-CAfile -CApath /etc/ssl/certs ${ca}`)).toContain("OK");
    expect(readFileSync(join(image, "etc/ssl/certs/ca-certificates.crt"), "utf8")).not.toContain(pem);
  });

  it("outlives the process that started it, and is taken over by another", async () => {
    const spec = newHost().spec;
    const starter = spawn(process.execPath, ["--import", "tsx", join(__dirname, "bootHost.ts"), JSON.stringify(spec)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(starter.stdout, "data");
    starter.kill("SIGKILL");
    await once(starter, "exit");
    const successor = new Host(spec);
    expect(successor.running).toBe(true);
    await successor.untilUp();
    expect(await sh(successor, "hostname")).toBe(spec.id);
    const exit = exitOf(successor);
    await successor.poweroff();
    expect(await exit).toMatchObject({ reason: "poweroff" });
  });

  it("leaves nothing when it is removed: no process, mount, loop device, control group or file", async () => {
    const host = newHost();
    const volume = join(dir, "left.img");
    await createVolume(volume, 1);
    await host.boot();
    await host.attach({ volumeId: "vol-0123", image: volume, device: "/dev/sdf" });
    await sh(host, `mkfs.ext4 -q ${byId}; mount ${byId} /mnt; sleep 1000 > /dev/null 2>&1 &`);
    await host.remove();
    expect(isPopulated(cgroup)).toBe(false);
    expect(readdirSync(cgroup).filter((entry) => entry.startsWith("i-"))).toEqual([]);
    expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(dir);
    expect(await loopDevice(volume)).toBeUndefined();
    expect(existsSync(host.spec.dir)).toBe(false);
    const commands = readdirSync("/proc").filter(
      (entry) => /^\d+$/.test(entry) && commandOf(entry).includes(host.spec.dir),
    );
    expect(commands).toEqual([]);
    await deleteVolume(volume);
  });
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return ""; // It ended meanwhile.
  }
}
