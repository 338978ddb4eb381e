"""Keeps one EC2 instance running as a systemd-nspawn host: boots it, boots it again when it reboots, and says how it ended.

Runs apart from whoever started it, in the host's own control group, so that the host lives on when its starter ends.
What it knows it writes to the file "state" of the host's directory; Host (host.ts) reads it there.
Must be started in a private mount namespace: its mounts end with it.

Usage: hostRunner.py SPEC, a JSON object {id, dir, image, netns, cgroup}; cgroup is a path within the cgroup2 hierarchy.
"""

import json
import os
import select
import socket
import subprocess
import sys

REBOOT = 133  # nspawn's exit status for a reboot, with --keep-unit
HYPERVISOR_UUID = "ec2e1916-9099-7caf-fd21-012345abcdef"  # "ec2...": how cloud-init knows that it is on EC2

spec = json.loads(sys.argv[1])
directory = spec["dir"]
root = os.path.join(directory, "root")
host_cgroup = os.path.join("/sys/fs/cgroup", spec["cgroup"])
boot_cgroup = os.path.join(host_cgroup, "boot")


def write_state(**state):
    path = os.path.join(directory, "state")
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(state, file)
    os.rename(path + ".new", path)


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def remove_cgroup(path):
    if not os.path.isdir(path):
        return
    for entry in os.scandir(path):
        if entry.is_dir():
            remove_cgroup(entry.path)
    os.rmdir(path)


def enter(cgroup):
    with open(os.path.join(cgroup, "cgroup.procs"), "w", encoding="ascii") as procs:
        procs.write(str(os.getpid()))


def prepare():
    # nspawn looks for its control group there; a machine with cgroup v1 too has the unified hierarchy elsewhere.
    if not os.path.exists("/sys/fs/cgroup/cgroup.procs"):
        mount("-t", "cgroup2", "cgroup2", "/sys/fs/cgroup")
    enter(os.path.join(host_cgroup, "runner"))
    for name in ("root", "upper", "work"):
        os.makedirs(os.path.join(directory, name), exist_ok=True)
    layers = ("lowerdir=" + spec["image"], "upperdir=" + directory + "/upper", "workdir=" + directory + "/work")
    # Without xino a directory has another inode number once the kernel has forgotten it, as it does when memory is short: tar, which
    # remembers the directories that it made by their numbers, fails then.
    mount("-t", "overlay", "-o", ",".join(layers + ("xino=on",)), "overlay", root)
    # nspawn keeps locks by image and machine name there: no other nspawn of this machine is to see ours.
    os.makedirs("/run/systemd/nspawn", exist_ok=True)
    mount("-t", "tmpfs", "tmpfs", "/run/systemd/nspawn")
    with open(os.path.join(directory, "hypervisor-uuid"), "w", encoding="ascii") as file:
        file.write(HYPERVISOR_UUID + "\n")


def nspawn():
    return [
        "systemd-nspawn",
        "--quiet",
        "--boot",
        "--register=no",
        "--keep-unit",
        "--machine=" + spec["id"],
        "--directory=" + root,
        "--network-namespace-path=/run/netns/" + spec["netns"],
        "--resolv-conf=off",
        "--timezone=off",
        "--link-journal=no",
        "--console=read-only",
        "--notify-ready=yes",
        "--settings=no",
        "--kill-signal=SIGRTMIN+4",
        "--bind-ro=" + directory + "/hypervisor-uuid:/sys/hypervisor/uuid",
    ]


def boot(number):
    """Boots the host once; returns nspawn's exit status."""
    write_state(state="booting", boots=number)
    remove_cgroup(boot_cgroup)
    os.mkdir(boot_cgroup)
    notify_path = "/run/systemd/nspawn/notify"
    if os.path.exists(notify_path):
        os.unlink(notify_path)
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(notify_path)

    environment = {
        "PATH": os.environ["PATH"],
        "NOTIFY_SOCKET": notify_path,
        "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
        "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",
    }
    process = subprocess.Popen(nspawn(), env=environment, stdin=subprocess.DEVNULL, preexec_fn=lambda: enter(boot_cgroup))
    exited = os.pidfd_open(process.pid)
    try:
        follow(notify, exited, number)
    finally:
        os.close(exited)
        notify.close()
    status = process.wait()
    # A host outlives an nspawn that was killed.
    kill_rest()
    return status


def kill_rest():
    """Kills what is left of a boot, and waits until nothing is."""
    with open(os.path.join(boot_cgroup, "cgroup.kill"), "w", encoding="ascii") as kill:
        kill.write("1")
    with open(os.path.join(boot_cgroup, "cgroup.events"), encoding="ascii") as events:
        changed = select.poll()
        changed.register(events, select.POLLPRI)
        while "populated 1" in events.read():
            changed.poll()
            events.seek(0)


def follow(notify, exited, number):
    """Tells how far the boot is until the host ends: nspawn announces the host's PID 1 on its notify socket once all
    file systems are in place, and passes on that systemd has started all units."""
    poll = select.poll()
    poll.register(notify, select.POLLIN)
    poll.register(exited, select.POLLIN)
    pid = None
    while exited not in [descriptor for descriptor, _ in poll.poll()]:
        fields = dict(line.split("=", 1) for line in notify.recv(4096).decode().splitlines() if "=" in line)
        if "X_NSPAWN_LEADER_PID" in fields:
            pid = int(fields["X_NSPAWN_LEADER_PID"])
            show_devices(pid)
            write_state(state="running", pid=pid, boots=number)
        if fields.get("READY") == "1" and pid is not None:
            write_state(state="up", pid=pid, boots=number)


def show_devices(pid):
    """The host's /dev is new at each boot: its volumes are put there again."""
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "hostDevices.sh"), encoding="utf-8") as file:
        script = file.read()
    with open(os.path.join(directory, "devices"), "rb") as devices:
        subprocess.run(["nsenter", "--mount", "--target", str(pid), "sh", "-c", script], stdin=devices, check=True)


def main():
    try:
        prepare()
        boots = 1
        status = boot(boots)
        while status == REBOOT:
            boots += 1
            status = boot(boots)
    except (OSError, subprocess.SubprocessError) as error:
        write_state(state="off", reason="crash", detail=str(error))
        if os.path.isdir(boot_cgroup):
            kill_rest()
        raise
    if status == 0:
        write_state(state="off", reason="poweroff", detail="the host powered itself off")
    else:
        write_state(state="off", reason="crash", detail=f"systemd-nspawn ended with status {status}")


main()
