import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { setTimeout } from "node:timers/promises";
import { capture, run, type CommandResult } from "../process";
import {
  cgroup2Root,
  createCgroup,
  freeze,
  isPopulated,
  killCgroup,
  onEmpty,
  processesIn,
  removeCgroup,
  thaw,
} from "./cgroup";
import { trustCertificate } from "./hostTrust";
import { HostVolumes, type VolumeAttachment } from "./hostVolumes";
import { deviceNumber, loopDevice } from "./volume";
import { readState, stateFile, untilState, type HostExit, type HostState } from "./hostState";

export type { HostExit } from "./hostState";

/** What an instance is made of. */
export interface HostSpec {
  /** The instance's id, `i-...`: the machine's name, and the name of its control group. */
  id: string;
  /** Absolute path of a directory of its own: its layer over the image, console log and attachments. Outlives the host. */
  dir: string;
  /** The root filesystem that it starts from, which stays as it is. */
  image: string;
  /** Name (as of `ip netns`) of an existing network namespace with eth0 configured. */
  netns: string;
  /** A certificate authority (one PEM certificate) that the host is to trust. */
  trust?: string;
  /** Directory of the control group (cgroup v2) under which everything of the host runs. */
  cgroup: string;
}

/**
 * One EC2 instance as a systemd-nspawn host: real systemd as PID 1 on a layer over the image, in a network namespace.
 * All that it is lies in its directory and its control group, so a Host can be constructed for an instance that
 * already runs, started by a process that is long gone.
 */
export class Host {
  private readonly volumes: HostVolumes;
  private readonly listeners: ((exit: HostExit) => void)[] = [];
  private exited?: { promise: Promise<void>; stopWatching: () => void };

  constructor(readonly spec: HostSpec) {
    mkdirSync(spec.dir, { recursive: true });
    this.volumes = new HostVolumes(spec.dir);
    if (this.running) this.watchForExit();
  }

  /** Path of what the host printed on its console, over all its boots. */
  get consoleLog(): string {
    return join(this.spec.dir, "console.log");
  }

  /** Whether any process of the host is there (also while it boots or shuts down). */
  get running(): boolean {
    return isPopulated(this.cgroup);
  }

  /** The host's PID 1 as this machine numbers it; undefined when it does not run. */
  get pid(): number | undefined {
    // systemd moves itself from the payload's own group to init.scope early in its boot.
    const payload = join(this.cgroup, "boot/payload");
    return processesIn(join(payload, "init.scope"))[0] ?? processesIn(payload)[0];
  }

  /** The volumes attached to it. */
  get attachments(): VolumeAttachment[] {
    return this.volumes.attached;
  }

  /** Calls back each time that the host ends. A reboot is none of it: the host boots again by itself. */
  onExit(listener: (exit: HostExit) => void): void {
    this.listeners.push(listener);
  }

  /** Starts the host; resolves once its PID 1 runs. Its root and its volumes are as the last run left them. */
  async boot(): Promise<void> {
    if (this.running) throw new Error(`${this.spec.id} is running already`);
    if (this.spec.trust) trustCertificate(this.spec.image, join(this.spec.dir, "upper"), this.spec.trust);
    await this.volumes.prepare();
    rmSync(stateFile(this.spec.dir), { force: true });
    removeCgroup(this.cgroup);
    createCgroup(join(this.cgroup, "runner"));
    const runner = this.startRunner();
    const state = await this.until(isRunning, runner);
    if (state && isRunning(state)) return this.watchForExit();
    await killCgroup(this.cgroup);
    const reason = state?.state === "off" ? state.detail : "it was killed while it booted";
    throw new Error([`${this.spec.id} did not boot: ${reason}`, ...this.consoleTail()].join("\n  "));
  }

  /**
   * Resolves once systemd has started all units (cloud-init's among them) in the host's boot of this number, or a
   * later one; fails if the host ends before.
   * @param boot 1 is the boot that Host.boot began, 2 the first reboot after it
   */
  async untilUp(boot = 1): Promise<void> {
    const state = await this.until((now) => now.state === "up" && now.boots >= boot);
    if (state?.state !== "up") throw new Error(`${this.spec.id} ended while it booted`);
  }

  /**
   * Shuts the host down as its power button would, and waits until it is off.
   * @param graceSeconds after which it is killed, as EC2 does with an instance that does not stop
   */
  async poweroff(graceSeconds = 60): Promise<void> {
    const { pid, exited } = this;
    if (pid === undefined || !exited) return this.kill();
    pressPowerButton(pid);
    const grace = new AbortController();
    const late = setTimeout(graceSeconds * 1000, true, { signal: grace.signal }).catch(() => true);
    if (await Promise.race([late, exited.promise.then(() => false)])) await this.kill();
    grace.abort();
  }

  /** Takes the host's power away, and waits until no process of it is left. */
  async kill(): Promise<void> {
    await killCgroup(this.cgroup);
    await this.exited?.promise;
  }

  /** Kills the host and deletes its root, console log and control group. Its volumes are detached and stay. */
  async remove(): Promise<void> {
    await this.kill();
    for (const { volumeId } of this.attachments) await this.detach(volumeId);
    removeCgroup(this.cgroup);
    await rm(this.spec.dir, { recursive: true, force: true });
  }

  /** Lets go of the host and leaves it running, for another Host to take over. */
  release(): void {
    this.exited?.stopWatching();
    this.exited = undefined;
  }

  /** Stops the host's processes from running, as a machine that hangs, until thaw. It can be killed meanwhile. */
  freeze(): void {
    freeze(join(this.cgroup, "boot"));
  }

  /** Undoes freeze. */
  thaw(): void {
    thaw(join(this.cgroup, "boot"));
  }

  /**
   * Attaches a volume, at once if the host runs: as /dev/nvme1n1 and up, at the device name asked for, and as
   * /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123... Doing it again changes nothing.
   */
  async attach(volume: VolumeAttachment): Promise<void> {
    await this.volumes.attach(volume);
    await this.showDevices();
  }

  /** Detaches a volume. Fails while a running host has it mounted; on EC2 such a volume stays `busy`. */
  async detach(volumeId: string): Promise<void> {
    const volume = this.volumes.attached.find((candidate) => candidate.volumeId === volumeId);
    if (!volume) return;
    const mountPoint = this.mountPointOf(await loopDevice(volume.image));
    if (mountPoint) throw new Error(`${volumeId} is busy: ${this.spec.id} has it mounted on ${mountPoint}`);
    await this.volumes.detach(volumeId, () => this.showDevices());
  }

  /**
   * Runs a command inside the host, as root.
   * @param argv program and arguments, looked up in the host
   * @param timeoutSeconds after which the command is killed and exec fails
   */
  async exec(argv: string[], timeoutSeconds = 60): Promise<CommandResult> {
    const pid = this.pid;
    if (pid === undefined) throw new Error(`${this.spec.id} does not run, so that ${argv[0]} cannot be run in it`);
    const namespaces = ["--mount", "--net", "--pid", "--uts", "--ipc", "--cgroup", "--root", "--wd"];
    const enter = ["--target", String(pid), ...namespaces, "--", ...argv];
    const env = {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: "/root",
      LANG: "C.UTF-8",
    };
    return capture("nsenter", enter, { env, timeoutSeconds });
  }

  /**
   * Does something while the volume holds all that was written to its file system, and nothing more is: a snapshot of EBS is
   * of one moment, and a copy takes longer. (EBS leaves out what the host has not written through; fsync does.)
   */
  async whileStill(volumeId: string, action: () => Promise<void>): Promise<void> {
    const volume = this.attachments.find((candidate) => candidate.volumeId === volumeId);
    const mountPoint = volume && this.mountPointOf(await loopDevice(volume.image));
    if (!mountPoint) return action();
    await this.freezeFileSystem("--freeze", mountPoint);
    try {
      await action();
    } finally {
      await this.freezeFileSystem("--unfreeze", mountPoint);
    }
  }

  private async freezeFileSystem(what: "--freeze" | "--unfreeze", mountPoint: string): Promise<void> {
    const { code, stderr } = await this.exec(["fsfreeze", what, mountPoint]);
    if (code !== 0) throw new Error(`${this.spec.id}: fsfreeze ${what} ${mountPoint}: ${stderr.trim()}`);
  }

  private get cgroup(): string {
    return join(this.spec.cgroup, this.spec.id);
  }

  /** Starts what boots the host, apart from this process: the host lives on when this process ends. */
  private startRunner(): ChildProcess {
    const { id, dir, image, netns } = this.spec;
    const runner = join(__dirname, "hostRunner.py");
    const argument = JSON.stringify({ id, dir, image, netns, cgroup: relative(cgroup2Root(), this.cgroup) });
    const console = openSync(this.consoleLog, "a");
    try {
      const unshare = ["--mount", "--propagation", "private", "/usr/bin/python3", runner, argument];
      const child = spawn("unshare", unshare, { stdio: ["ignore", console, console], detached: true });
      child.unref();
      return child;
    } finally {
      closeSync(console);
    }
  }

  private until(accept: (state: HostState) => boolean, runner?: ChildProcess): Promise<HostState | undefined> {
    return untilState({ dir: this.spec.dir, cgroup: this.cgroup }, accept, runner);
  }

  private watchForExit(): void {
    let stopWatching = () => {};
    const promise = new Promise<void>((resolve) => {
      stopWatching = onEmpty(this.cgroup, () => {
        const state = readState(this.spec.dir);
        const killed: HostExit = { reason: "kill", detail: "its processes were killed" };
        const exit = state?.state === "off" ? { reason: state.reason, detail: state.detail } : killed;
        this.exited = undefined;
        for (const listener of this.listeners) listener(exit);
        resolve();
      });
    });
    this.exited = { promise, stopWatching };
  }

  /** Makes the running host's /dev show its volumes. A host that is on its way down or up again gets them as it boots. */
  private async showDevices(): Promise<void> {
    const script = readFileSync(join(__dirname, "hostDevices.sh"), "utf8");
    while (this.running) {
      const state = await this.until(isRunning);
      if (!state || !isRunning(state)) return;
      try {
        const enter = ["--mount", "--target", String(state.pid), "sh", "-c", script];
        await run("nsenter", enter, { input: readFileSync(this.volumes.devicesFile) });
        return;
      } catch (error) {
        const now = readState(this.spec.dir);
        if (this.pid === state.pid && now && isRunning(now) && now.boots === state.boots) throw error;
      }
    }
  }

  private mountPointOf(device: string | undefined): string | undefined {
    const pid = this.pid;
    if (pid === undefined || device === undefined) return undefined;
    const number = deviceNumber(device);
    const mounts = readFileSync(`/proc/${pid}/mountinfo`, "utf8").split("\n");
    return mounts.map((line) => line.split(" ")).find((fields) => fields[2] === number)?.[4];
  }

  private consoleTail(): string[] {
    return readFileSync(this.consoleLog, "utf8").trimEnd().split("\n").slice(-10);
  }
}

function isRunning(state: HostState): state is Extract<HostState, { pid: number }> {
  return state.state === "running" || state.state === "up";
}

function pressPowerButton(pid: number): void {
  // systemd takes SIGRTMIN+4 as the order to power off; glibc's SIGRTMIN is 34.
  const powerOff = 38;
  try {
    process.kill(pid, powerOff);
  } catch (error) {
    // It went down by itself just now.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
